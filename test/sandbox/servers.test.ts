import { rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { createServer, type SandboxServer } from '../../sandbox/postgres-server';
import { serverUser } from '../../sandbox/os-user';
import { startTemporal } from '../../sandbox/temporal-server';
import { type TemporaryRoot, temporaryRoot } from '../../sandbox/temporary-root';

let root: TemporaryRoot;
let server: SandboxServer;

beforeAll(async () => {
  root = await temporaryRoot();
  server = await createServer({
    version: 17,
    root: root.path,
    settings: { work_mem: '7MB', 'app.note': "it's \\ here" },
  });
});

afterAll(async () => {
  await server.stop('immediate');
  await root.remove();
});

test('a server starts, answers on its socket and over TCP, and stops', async () => {
  expect(await server.running()).toBe(false);
  await server.start();
  await server.start();
  expect(await server.running()).toBe(true);
  expect(await server.psql('SHOW work_mem; SHOW app.note; SHOW data_checksums')).toBe("7MB\nit's \\ here\non");

  const client = await server.connect();
  const { rows } = await client.query('SELECT current_user, inet_server_port() AS port');
  expect(rows).toEqual([{ current_user: 'postgres', port: server.port }]);

  await server.stop();
  await server.stop();
  expect(await server.running()).toBe(false);
  await expect(client.query('SELECT 1')).rejects.toThrow();
});

test('its files belong to the OS user and its password file is private', async () => {
  for (const path of [server.dataDirectory, server.passwordFile, join(server.dataDirectory, 'postgresql.conf')]) {
    expect(await stat(path)).toMatchObject({ uid: serverUser().uid });
  }
  expect((await stat(server.passwordFile)).mode & 0o777).toBe(0o600);
});

test('SQL that fails is reported with what psql said', async () => {
  await server.start();
  await expect(server.psql('SELECT 1;\nSELECT no_such_column')).rejects.toThrow(/:2: ERROR: .*no_such_column/);
});

test('a server that cannot start says why', async () => {
  await server.stop();
  await rm(join(server.dataDirectory, 'pg_hba.conf'));
  await expect(server.start()).rejects.toThrow(/does not start[^]*pg_hba\.conf/);
});

test('the Temporal dev server comes up with its UI and goes away', async () => {
  const temporal = await startTemporal();
  const page = await fetch(temporal.uiUrl);
  expect(page.status).toBe(200);
  await temporal.stop();
  await temporal.stop();
  const [host, port] = temporal.address.split(':');
  const [error] = (await once(connect(Number(port), host), 'error')) as [NodeJS.ErrnoException];
  expect(error.code).toBe('ECONNREFUSED');
});
