import { readdirSync, readFileSync, statSync } from 'node:fs';
import { run } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';
import { temporaryRoot, type TemporaryRoot } from '../../../sandbox/temporary-root';
import { layout, type Cluster } from '../../../src/postgres/cluster';
import { prepareConfiguration } from '../../../src/postgres/configuration/prepare';
import { startServer, stopServer } from '../../../src/postgres/service';
import { clusterOf } from '../../support/cluster';
import { makeTarget, put, told } from './hop';

/** Configuration in a directory of its own, as Debian's packages have it, and an archive library with a command beside it. */
let root: TemporaryRoot;
let server: SandboxServer;
let cluster: Cluster;
let running: number | undefined;

/** Read by other clusters too, and it holds a setting that 16 removed. */
const SHARED = 'random_page_cost = 1.7\nvacuum_defer_cleanup_age = 5\n';

beforeAll(async () => {
  root = await temporaryRoot();
  server = await createServer({
    version: 15,
    root: root.path,
    initdbArgs: ['--no-sync'],
    settings: {
      data_directory: `${root.path}/15/main`,
      hba_file: `${root.path}/etc/15/main/pg_hba.conf`,
      ident_file: `${root.path}/etc/15/main/pg_ident.conf`,
      external_pid_file: `${root.path}/s/15-main.pid`,
      cluster_name: '15/main',
      archive_mode: 'on',
      archive_library: 'basic_archive',
      'basic_archive.archive_directory': `${root.path}/15/main/archive`,
      archive_command: '/bin/false',
      include_dir: 'conf.d',
      include: `${root.path}/shared.conf`,
    },
  });
  const configDirectory = `${root.path}/etc/15/main`;
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']) {
    put(`${configDirectory}/${name}`, readFileSync(`${server.dataDirectory}/${name}`), 0o644);
    await run(['rm', `${server.dataDirectory}/${name}`]);
  }
  put(`${root.path}/shared.conf`, SHARED);
  put(`${configDirectory}/environment`, `CA = '${configDirectory}/ca'\n`);
  put(`${configDirectory}/start.conf`, 'auto\n');
  await run(asUser(server.osUser, ['mkdir', '-p', `${configDirectory}/conf.d`, `${server.dataDirectory}/archive`]));
  cluster = await clusterOf(server, { configDirectory: `${root.path}/etc/{version}/main` });
  await startServer(cluster, 15);
  running = 15;
});

afterAll(async () => {
  if (running !== undefined) await stopServer(cluster, running);
  await root?.remove();
});

it('moves to 17 with its configuration directory, and goes on archiving', async () => {
  const [from, to] = [layout(cluster, 15), layout(cluster, 17)];
  await server.psql("alter system set work_mem = '9MB'");
  await makeTarget(server, cluster, 17);
  const changes = await prepareConfiguration(cluster, from, to);
  expect(changes.filter(({ severity }) => severity === 'blocker')).toEqual([]);
  expect(told(changes, 'archive_command')).toEqual(['changed, warning']);
  // start.conf would have the empty new cluster start with the machine before its time.
  expect(readdirSync(to.configDirectory).sort()).toEqual([
    'carried',
    'conf.d',
    'environment',
    'pg_hba.conf',
    'pg_ident.conf',
    'postgresql.conf',
  ]);
  expect(statSync(`${to.configDirectory}/postgresql.conf`).mode & 0o777).toBe(0o644);
  expect(readFileSync(`${to.configDirectory}/environment`, 'utf8')).toBe(`CA = '${to.configDirectory}/ca'\n`);

  await stopServer(cluster, 15);
  running = undefined;
  await startServer(cluster, 17);
  running = 17;
  const shown = await server.psql(
    'show archive_command; show data_directory; show config_file; show hba_file; show external_pid_file; show cluster_name; show work_mem; show random_page_cost',
  );
  expect(shown.split('\n')).toEqual([
    '',
    to.dataDirectory,
    `${to.configDirectory}/postgresql.conf`,
    `${to.configDirectory}/pg_hba.conf`,
    `${root.path}/s/17-main.pid`,
    '17/main',
    '9MB',
    '1.7',
  ]);
  expect(readFileSync(`${root.path}/shared.conf`, 'utf8')).toBe(SHARED);

  await server.psql('select pg_switch_wal()');
  const archived =
    'do $$ begin for i in 1..100 loop exit when (select archived_count from pg_stat_archiver) > 0; perform pg_sleep(0.1), pg_stat_clear_snapshot(); end loop; end $$';
  expect(await server.psql(`${archived}; select archived_count > 0, failed_count from pg_stat_archiver`)).toBe('t|0');
});

it('says when the inventory names another configuration directory than the server uses', async () => {
  const wrong = await clusterOf(server);
  const version = running ?? 0;
  await expect(prepareConfiguration(wrong, layout(wrong, version), layout(wrong, 18))).rejects.toThrow(
    /config_file .*correct configDirectory of the cluster/,
  );
});
