import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onlyAsRoot } from '../support/only-where';
import { PhaseLab } from '../support/phase-lab';
import type { Cluster } from '../../src/postgres/cluster';
import type { PreflightContext } from '../../src/postgres/preflight/check';
import { layout } from '../../src/postgres/cluster';
import { serviceManager } from '../../src/postgres/preflight/checks/service';
import { service, startServer, stopServer } from '../../src/postgres/service';
import { outage, OutageRolledBack } from '../../src/postgres/upgrade/outage';

const of = (chosen: Cluster['entry']['service']): Cluster =>
  ({
    entry: {
      ...{
        osUser: 'postgres',
        service: chosen,
        binDirectory: '/b/{version}',
        dataDirectory: '/d/{version}',
        logFile: '/l',
      },
    },
  }) as unknown as Cluster;
const lines = (commands: { user: string; argv: readonly string[] }[]) =>
  commands.map(({ user, argv }) => `${user}: ${argv[0] === 'sh' ? argv.slice(-2).join(' ') : argv.join(' ')}`);

test("Debian's clusters start at boot by start.conf, whatever starts them; other units by being enabled", () => {
  const debian = service(of({ manager: 'systemd', unit: 'postgresql@{version}-main' }), 16);
  expect(lines(debian.atBoot)).toEqual(['postgres: /etc/postgresql/16/main auto']);
  expect(lines(debian.notAtBoot)).toEqual([
    'postgres: /etc/postgresql/16/main manual',
    'root: systemctl --no-reload --quiet disable postgresql@16-main',
  ]);
  const other = service(of({ manager: 'systemd', unit: 'postgresql-{version}' }), 16);
  expect(lines(other.atBoot)).toEqual(['root: systemctl --no-reload --quiet enable postgresql-16']);
  expect(lines(other.notAtBoot)).toEqual(['root: systemctl --no-reload --quiet disable postgresql-16']);
  const tool = service(of({ manager: 'pg_ctlcluster', name: 'shop' }), 16);
  expect(lines([tool.start, ...tool.atBoot])).toEqual([
    'root: pg_ctlcluster 16 shop start',
    'postgres: /etc/postgresql/16/shop auto',
  ]);
});

const asRoot = onlyAsRoot('The service managers are called as root.').describe;

asRoot('a service manager that says yes and does nothing', () => {
  let lab: PhaseLab;
  const { PATH } = process.env;
  beforeAll(async () => {
    lab = await PhaseLab.start(16);
    const directory = join(lab.root.path, 'stand-in');
    await mkdir(directory);
    // As `systemctl stop` does for a server that systemd did not start.
    await writeFile(
      join(directory, 'systemctl'),
      '#!/bin/sh\n[ "$1" = is-active ] && { echo inactive; exit 3; }\nexit 0\n',
    );
    await chmod(join(directory, 'systemctl'), 0o755);
    process.env.PATH = `${directory}:${PATH}`;
  });
  afterAll(async () => {
    process.env.PATH = PATH;
    await lab.stop();
  });

  const believed = (): Cluster => ({
    ...lab.cluster,
    entry: { ...lab.cluster.entry, service: { manager: 'systemd', unit: 'postgresql-{version}' } },
  });

  test('is found out by the pre-flight, at a stop, at a start, and in the outage: the server it did not stop serves on', async () => {
    const cluster = believed();
    const context = { cluster, from: layout(cluster, 16), to: layout(cluster, 17) } as unknown as PreflightContext;
    expect(await serviceManager.run(context)).toMatchObject([
      { object: 'postgresql-16', seen: expect.stringContaining('"inactive"') },
    ]);
    await expect(stopServer(cluster, 16)).rejects.toThrow('PostgreSQL 16 runs on after systemctl stop postgresql-16');
    await expect(startServer(cluster, 17)).rejects.toThrow(
      'PostgreSQL 17 does not run after systemctl start postgresql-17',
    );
    const { directory, record } = await lab.prepared(16, 17, 'copy');
    const failed = outage(cluster, directory, record, 'outage', lab.run);
    await expect(failed).rejects.toBeInstanceOf(OutageRolledBack);
    await expect(failed).rejects.toThrow('the old server did not stop');
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1000);
  });
});
