import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { run } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';
import { temporaryRoot, type TemporaryRoot } from '../../../sandbox/temporary-root';
import { layout, type Cluster } from '../../../src/postgres/cluster';
import { occurrences } from '../../../src/postgres/configuration/old-configuration';
import {
  ConfigurationRefused,
  prepareConfiguration,
  previewConfiguration,
} from '../../../src/postgres/configuration/prepare';
import { readConfiguration } from '../../../src/postgres/configuration/read-configuration';
import { verifyConfiguration } from '../../../src/postgres/configuration/verify-configuration';
import { writeConfiguration } from '../../../src/postgres/configuration/write-configuration';
import { clusterOf } from '../../support/cluster';
import { makeTarget, put, told } from './hop';

/** A server of version 15 that stays where it is: what is read of it, and what is made of that. */
let root: TemporaryRoot;
let server: SandboxServer;
let cluster: Cluster;
const at = (version: number) => layout(cluster, version);

// What a person may write, in the spellings that the server takes.
const ODD = [
  'work_mem=4MB\r\n\tWORK_MEM 5MB # again',
  "app.quoted = 'it''s \\'here\\' \\\\ # no comment'# comment",
  "app.octal = '\\303\\251'",
  'App.Lists = \'"a b", c\'',
  'checkpoint_completion_target = .8',
  'log_file_mode = 0640',
  'default_with_oids = off',
  "include 'below/more.conf'",
  "include_if_exists 'not-there.conf'",
  'random_page_cost = 2',
].join('\n');

beforeAll(async () => {
  root = await temporaryRoot();
  server = await createServer({ version: 15, root: root.path, initdbArgs: ['--no-sync'] });
  cluster = await clusterOf(server);
  const main = `${server.dataDirectory}/postgresql.conf`;
  put(`${server.dataDirectory}/below/more.conf`, "include_dir = '../dir.d'\nrandom_page_cost = 3\n");
  put(`${server.dataDirectory}/dir.d/b.conf`, 'seq_page_cost = 4\n');
  put(
    `${server.dataDirectory}/dir.d/B.conf`,
    "seq_page_cost = 3 # read first: bytes, not letters\ninclude '../outside.conf'\n",
  );
  put(`${server.dataDirectory}/dir.d/.hidden.conf`, 'seq_page_cost = 5\n');
  put(`${server.dataDirectory}/outside.conf`, 'geqo = off\n', 0o640);
  put(main, `${readFileSync(main, 'utf8')}${ODD}\n`);
  const start = ['--wait', '--silent', `--log=${server.logFile}`, '-o', '-c tcp_keepalives_idle=77', 'start'];
  await run(asUser(server.osUser, [`${server.binDirectory}/pg_ctl`, '--pgdata', server.dataDirectory, ...start]));
});

afterAll(async () => {
  await server?.stop('immediate');
  await root?.remove();
});

it('reads the same settings with the same values from the same lines as the server does', async () => {
  const ours = occurrences(await readConfiguration(cluster, at(15))).map(({ file, line, name, value }) => ({
    file,
    line,
    name,
    value,
  }));
  const theirs = await server.psql(
    "select json_agg(json_build_object('file', sourcefile, 'line', sourceline, 'name', name, 'value', setting) order by seqno) from pg_file_settings",
  );
  expect(ours).toEqual(JSON.parse(theirs));
  expect(ours).toContainEqual(expect.objectContaining({ name: 'app.octal', value: '\u00e9' }));
});

it('is told apart from a server of another version', async () => {
  await expect(readConfiguration(cluster, at(16))).rejects.toThrow('is version 15, not 16');
});

it('previews without a data directory of the new version, warns of what libraries do not take, and leaves nothing behind', async () => {
  const settings = { 'auto_explain.log_format': 'prose', shared_preload_libraries: 'auto_explain' };
  const changes = await previewConfiguration(cluster, at(15), at(18), settings);
  expect(changes.filter(({ severity }) => severity === 'blocker')).toEqual([]);
  expect(changes).toContainEqual(
    expect.objectContaining({
      severity: 'warning',
      reason: 'invalid value for parameter "auto_explain.log_format": "prose"',
    }),
  );
  expect(told(changes, 'effective_io_concurrency')).toEqual(['default changed']);
  // In no version's pg_settings, and taken by all.
  expect(told(changes, 'default_with_oids')).toEqual(['kept']);
  expect(changes).toContainEqual(expect.objectContaining({ name: 'tcp_keepalives_idle', kind: 'added', after: '77' }));
  expect(existsSync(at(18).dataDirectory)).toBe(false);
  expect(readdirSync(`${root.path}/work/test`)).toEqual([]);
});

describe('preparing the new data directory', () => {
  it('needs one', async () => {
    const nothing = { files: {}, changes: [], attributes: {}, copies: [], directories: [], expected: {} };
    await expect(writeConfiguration(cluster.host, at(17), server.osUser, nothing)).rejects.toThrow('run initdb before');
    expect(existsSync(at(17).dataDirectory)).toBe(false);
  });

  it('refuses what the new version would not start with, saying what to do', async () => {
    await makeTarget(server, cluster, 17);
    const refused = prepareConfiguration(cluster, at(15), at(17), { shared_preload_libraries: 'not_there' });
    await expect(refused).rejects.toThrow(ConfigurationRefused);
    await expect(refused).rejects.toThrow('could not access file "not_there"');
    await expect(refused).rejects.toThrow('The running server was not touched');
  });

  it('gives the same a second time and writes nothing then', async () => {
    const first = await prepareConfiguration(cluster, at(15), at(17));
    const files = ['postgresql.conf', 'postgresql.auto.conf', 'pg_hba.conf', 'dir.d/b.conf', 'outside.conf'].map(
      (name) => `${at(17).dataDirectory}/${name}`,
    );
    const stamps = () => files.map((file) => [statSync(file).ino, statSync(file).mtimeMs, statSync(file).mode & 0o777]);
    const before = stamps();
    expect(await prepareConfiguration(cluster, at(15), at(17))).toEqual(first);
    expect(stamps()).toEqual(before);
    expect(before.at(-1)?.[2]).toBe(0o640);
  });

  it('refuses rules that the new version does not take', async () => {
    const hba = `${server.dataDirectory}/pg_hba.conf`;
    const good = readFileSync(hba);
    put(hba, `${good.toString()}host all all 10.0.0.0/99 trust\n`);
    await expect(prepareConfiguration(cluster, at(15), at(17))).rejects.toThrow(
      /pg_hba.conf:\d+: invalid CIDR mask in address "10.0.0.0\/99"/,
    );
    put(hba, good);
  });

  it('tells of every mistake at once', async () => {
    put(`${at(17).dataDirectory}/dir.d/b.conf`, 'work_mem = much\nport = 0\n');
    expect(await verifyConfiguration(cluster.host, at(17), server.osUser)).toEqual([
      'invalid value for parameter "work_mem": "much"',
      '0 is outside the valid range for parameter "port" (1 .. 65535)',
    ]);
  });

  it('refuses to leave a file where the new server would read it and the old one does not', async () => {
    put(`${at(17).dataDirectory}/dir.d/stray.conf`, 'geqo = on\n');
    const translated = {
      files: {},
      changes: [],
      attributes: {},
      copies: [],
      expected: {},
      directories: [`${at(17).dataDirectory}/dir.d`],
    };
    await expect(writeConfiguration(cluster.host, at(17), server.osUser, translated)).rejects.toThrow(
      'holds B.conf, b.conf, stray.conf',
    );
  });
});
