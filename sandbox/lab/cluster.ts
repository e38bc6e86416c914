import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { MajorVersion } from '../parts';
import type { LabHost } from './host';
import type { Lab } from './lab';
import { GATEWAY, LAB_DIRECTORY } from './names';

/** A cluster in Debian's layout, under systemd: what `pg_createcluster VERSION main` makes. */
export interface LabCluster {
  host: LabHost;
  port: number;
  superuser: string;
  password: string;
  /** Hosts of its physical standbys. */
  standbys: LabHost[];
  /** What starts and stops it for pgpassage, as the inventory has it; systemd's unit without it. */
  service?: { manager: 'pg_ctlcluster'; name: string };
  /** What clients on this machine connect by. */
  connection: { host: string; port: number; user: string; password: string; database: string };
}

const PORT = 5432;
const SUPERUSER = 'postgres';
const DATA = '/var/lib/postgresql';
export const WORK_DIRECTORY = `${DATA}/pgpassage`;

const CONFIGURATION = `
listen_addresses = '*'
log_min_messages = warning
`;

/** Makes a cluster on the host; whatever clusters and leftovers of migrations it had are removed. */
export async function makeCluster(host: LabHost, version: MajorVersion): Promise<LabCluster> {
  await createCluster(host, version);
  await start(host, version);
  const password = randomBytes(12).toString('hex');
  await psql(host, version, `alter role ${SUPERUSER} password '${password}'`);
  const connection = { host: host.address, port: PORT, user: SUPERUSER, password, database: 'postgres' };
  return { host, port: PORT, superuser: SUPERUSER, password, connection, standbys: [] };
}

/** Makes a physical standby of the cluster on another host, in the same layout, streaming as a role of its own. */
export async function addStandby(cluster: LabCluster, host: LabHost, version: MajorVersion): Promise<void> {
  const role = `replica_${host.name}`;
  const password = randomBytes(12).toString('hex');
  await psql(cluster.host, version, `create role ${role} login replication password '${password}'`);
  await createCluster(host, version);
  const dataDirectory = `${DATA}/${version}/main`;
  await host.run(['find', dataDirectory, '-mindepth', '1', '-delete']);
  const conninfo = `host=${cluster.host.address} port=${PORT} user=${role} application_name=${host.name}`;
  const script = 'read -r PGPASSWORD && export PGPASSWORD && exec "$@"';
  const backup = [
    `/usr/lib/postgresql/${version}/bin/pg_basebackup`,
    `--pgdata=${dataDirectory}`,
    `--dbname=${conninfo}`,
  ];
  const options = ['--checkpoint=fast', '--write-recovery-conf'];
  const argv = ['runuser', '-u', 'postgres', '--', 'sh', '-c', script, 'sh', ...backup, ...options];
  await host.run(argv, `${password}\n`);
  await start(host, version);
  cluster.standbys.push(host);
}

async function createCluster(host: LabHost, version: MajorVersion): Promise<void> {
  await removeClusters(host);
  await host.run(['install', '-d', '-o', 'deploy', '-g', 'postgres', '-m', '0775', WORK_DIRECTORY]);
  const initdb = ['--', '--encoding=UTF8', '--locale=C.UTF-8', '--auth-local=peer', '--auth-host=scram-sha-256'];
  await host.run(['pg_createcluster', `--port=${PORT}`, String(version), 'main', ...initdb]);
  const configuration = `/etc/postgresql/${version}/main`;
  await append(host, `${configuration}/conf.d/lab.conf`, CONFIGURATION);
  const rules = ['all', 'replication'].map((databases) => `host ${databases} all ${GATEWAY}/24 scram-sha-256\n`);
  await append(host, `${configuration}/pg_hba.conf`, rules.join(''));
}

async function start(host: LabHost, version: MajorVersion): Promise<void> {
  await host.run(['systemctl', 'start', `postgresql@${version}-main`]);
}

/** Runs SQL as the superuser, over the socket. */
export function psql(host: LabHost, version: number, sql: string, database = 'postgres'): Promise<string> {
  const client = asPostgres(version, 'psql', '--no-psqlrc', '--quiet', '--tuples-only', '--no-align');
  return host.run([...client, '--set=ON_ERROR_STOP=1', `--dbname=${database}`], sql);
}

/** Argument vector of one of the version's client programs, as OS user postgres, over the socket. */
export function asPostgres(version: number, name: string, ...rest: string[]): string[] {
  const program = `/usr/lib/postgresql/${version}/bin/${name}`;
  return ['runuser', '-u', 'postgres', '--', program, '--host=/var/run/postgresql', `--port=${PORT}`, ...rest];
}

async function removeClusters(host: LabHost): Promise<void> {
  const script = `
pg_lsclusters --no-header | while read -r version name _; do pg_dropcluster --stop "$version" "$name" || exit 1; done
systemctl reset-failed
find /etc/postgresql "$1" -mindepth 1 -delete`;
  await host.run(['sh', '-c', script, 'sh', DATA]);
}

async function append(host: LabHost, file: string, text: string): Promise<void> {
  await host.run(['sh', '-c', 'cat >>"$1" && chown postgres:postgres "$1"', 'sh', file], text);
}

/** Writes an inventory of the clusters, with their hosts reached by SSH as `deploy`. @returns its path. */
export function writeLabInventory(lab: Lab, clusters: Record<string, LabCluster>): string {
  const hosts = Object.values(lab.hosts).map(({ name, address }) => [
    name,
    {
      connection: { ssh: { address, user: 'deploy', key: `file:${lab.keyFile}`, knownHosts: lab.knownHosts } },
      workDirectory: WORK_DIRECTORY,
    },
  ]);
  const entries = Object.entries(clusters).map(([name, cluster]) => {
    const secret = join(LAB_DIRECTORY, `${name}.password`);
    writeFileSync(secret, cluster.password, { mode: 0o600 });
    return [
      name,
      {
        primary: cluster.host.name,
        standbys: cluster.standbys.map((standby) => standby.name),
        port: cluster.port,
        configDirectory: '/etc/postgresql/{version}/main',
        service: cluster.service,
        admin: { user: cluster.superuser, password: `file:${secret}` },
      },
    ];
  });
  const file = join(LAB_DIRECTORY, `${Object.keys(clusters).join('-')}.yaml`);
  writeFileSync(file, stringify({ hosts: Object.fromEntries(hosts), clusters: Object.fromEntries(entries) }));
  return file;
}
