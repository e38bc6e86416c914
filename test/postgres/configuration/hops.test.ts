import { readFileSync, statSync } from 'node:fs';
import { Client } from 'pg';
import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';
import { temporaryRoot, type TemporaryRoot } from '../../../sandbox/temporary-root';
import type { Cluster } from '../../../src/postgres/cluster';
import type { SettingChange } from '../../../src/postgres/configuration/translation';
import { clusterOf } from '../../support/cluster';
import { hop, makeCertificate, put, told } from './hop';

/** Everything a configuration can hold, on one server that goes from 15 to 18 hop by hop. */
let root: TemporaryRoot;
let server: SandboxServer;
let cluster: Cluster;

const shows = (name: string) => server.psql(`show ${name}`);

beforeAll(async () => {
  root = await temporaryRoot();
  server = await createServer({
    version: 15,
    root: root.path,
    initdbArgs: ['--no-sync'],
    hba: ['host all @admins 127.0.0.1/32 scram-sha-256'],
    settings: {
      promote_trigger_file: '/tmp/promote',
      vacuum_defer_cleanup_age: '1000',
      force_parallel_mode: 'on',
      old_snapshot_threshold: '1h',
      db_user_namespace: 'off',
      trace_recovery_messages: 'log',
      ssl_ecdh_curve: 'prime256v1',
      log_connections: 'tr',
      wal_level: 'hot_standby',
      shared_preload_libraries: 'pg_stat_statements, auto_explain',
      'pg_stat_statements.max': '1234',
      'auto_explain.log_min_duration': '250ms',
      'app.motto': "it's a \\ backslash",
      max_replication_slots: '24',
      cluster_name: '15/main',
      ssl: 'on',
      ssl_cert_file: 'server.crt',
      ssl_key_file: `${root.path}/15/main/tls/server.key`,
    },
  });
  cluster = await clusterOf(server);
  const { certificate, key } = await makeCertificate(root.path);
  put(`${server.dataDirectory}/server.crt`, readFileSync(certificate), 0o644);
  put(`${server.dataDirectory}/tls/server.key`, readFileSync(key), 0o600);
  put(`${server.dataDirectory}/admins`, 'postgres\n@more_admins\n');
  put(`${server.dataDirectory}/more_admins`, 'somebody\n');
  put(
    `${server.dataDirectory}/conf.d/10-first.conf`,
    "work_mem = '5MB'\nmaintenance_work_mem = 99MB # seen in summer\n",
  );
  put(
    `${server.dataDirectory}/conf.d/20-second.conf`,
    Buffer.from('maintenance_work_mem = 88MB # s\u00e9\n', 'latin1'),
  );
  put(`${server.dataDirectory}/conf.d/ignored.txt`, 'nonsense');
  put(
    `${server.dataDirectory}/postgresql.conf`,
    `${readFileSync(`${server.dataDirectory}/postgresql.conf`, 'utf8')}include_dir 'conf.d'\ninclude_if_exists = 'none.conf'\n`,
  );
  await server.start();
  await server.psql(
    "alter system set work_mem = '7MB'; alter system set statement_timeout = '2h'; select pg_reload_conf()",
  );
});

afterAll(async () => {
  await server?.stop('immediate');
  await root?.remove();
});

/** What has to hold on every version. */
async function expectTheSame(): Promise<void> {
  expect(await shows('work_mem')).toBe('7MB');
  expect(await shows('statement_timeout')).toBe('2h');
  expect(await shows('maintenance_work_mem')).toBe('88MB');
  expect(await shows('pg_stat_statements.max')).toBe('1234');
  expect(await shows('auto_explain.log_min_duration')).toBe('250ms');
  expect(await shows('"app.motto"')).toBe("it's a \\ backslash");
  expect(await shows('port')).toBe(String(server.port));
  expect(await shows('cluster_name')).toBe(`${server.version}/main`);
  expect(await shows('ssl_key_file')).toBe(`${root.path}/${server.version}/main/tls/server.key`);
  expect(await server.psql('select user_name from pg_hba_file_rules where line_number = 1 and error is null')).toBe(
    '{postgres,somebody}',
  );
  expect(statSync(`${server.dataDirectory}/tls/server.key`).mode & 0o777).toBe(0o600);
  expect(readFileSync(`${server.dataDirectory}/conf.d/20-second.conf`, 'latin1')).toContain('s\u00e9');
  const client = new Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: server.adminPassword,
    database: 'postgres',
    ssl: { rejectUnauthorized: false },
  });
  await client.connect();
  const { rows } = await client.query('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
  await client.end();
  expect(rows).toEqual([{ ssl: true }]);
}

async function move(version: 16 | 17 | 18, extra?: Record<string, string>): Promise<SettingChange[]> {
  const moved = await hop(server, cluster, version, extra);
  server = moved.server;
  await expectTheSame();
  return moved.changes;
}

it('goes from 15 to 16: settings that 16 removed are commented out with the reason, the renamed one goes on', async () => {
  const changes = await move(16);
  expect(told(changes, 'promote_trigger_file')).toEqual(['removed, warning']);
  expect(told(changes, 'vacuum_defer_cleanup_age')).toEqual(['removed, warning']);
  expect(told(changes, 'force_parallel_mode')).toEqual(['renamed']);
  expect(await shows('debug_parallel_query')).toBe('on');
  expect(await shows('old_snapshot_threshold')).toBe('1h');
  const text = readFileSync(`${server.dataDirectory}/postgresql.conf`, 'utf8');
  expect(text).toContain(
    "#promote_trigger_file = '/tmp/promote' # pgpassage: removed in PostgreSQL 16: promote with pg_ctl promote or pg_promote()",
  );
  expect(changes.filter(({ severity }) => severity === 'blocker')).toEqual([]);
});

it('goes from 16 to 17, with a setting of the plan over one of ALTER SYSTEM', async () => {
  const changes = await move(17, { idle_session_timeout: '3h', max_connections: '77' });
  expect(told(changes, 'old_snapshot_threshold')).toEqual(['removed, warning']);
  expect(told(changes, 'db_user_namespace')).toEqual(['removed']);
  expect(told(changes, 'trace_recovery_messages')).toEqual(['removed']);
  expect(told(changes, 'idle_session_timeout')).toEqual(['added']);
  expect(told(changes, 'vacuum_buffer_usage_limit')).toEqual(['default changed']);
  expect(await shows('max_connections')).toBe('77');
  await server.psql("alter system set max_connections = '66'");
});

it('goes from 17 to 18: values that 18 no longer takes are written in a form that it takes', async () => {
  const changes = await move(18, {
    max_connections: '55',
    shared_preload_libraries: 'pg_prewarm',
    effective_io_concurrency: '1',
  });
  expect(await shows('max_connections')).toBe('55');
  expect(await shows('shared_preload_libraries')).toBe('pg_stat_statements, auto_explain, pg_prewarm');
  expect(told(changes, 'log_connections')).toEqual(['changed']);
  expect(await shows('log_connections')).toBe('on');
  expect(told(changes, 'ssl_ecdh_curve')).toEqual(['renamed']);
  expect(await shows('ssl_groups')).toBe('prime256v1');
  expect(await shows('max_active_replication_origins')).toBe('24');
  expect(changes).toContainEqual(
    expect.objectContaining({ name: 'maintenance_io_concurrency', kind: 'default changed', before: '10', after: '16' }),
  );
  expect(told(changes, 'effective_io_concurrency')).toEqual(['added']);
});
