import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadInventory } from '../../src/inventory/load';
import { resolveSecret } from '../../src/inventory/secrets';
import { projectRoot } from '../../sandbox/project-root';

const directory = mkdtempSync(join(tmpdir(), 'pgp-inventory-'));
function inventory(text: string): string {
  const file = join(directory, 'inventory.yaml');
  writeFileSync(file, text);
  return file;
}

test('the annotated example is valid', () => {
  expect(Object.keys(loadInventory(join(projectRoot(), 'examples', 'inventory.yaml')).clusters)).toEqual(['orders']);
});

test('a file that is not there is named, with how to give it', () => {
  expect(() => loadInventory('/nowhere/inventory.yaml')).toThrow(
    /\/nowhere\/inventory.yaml can't be read .*PGPASSAGE_INVENTORY/,
  );
});

test('text that is no YAML is refused with its line', () => {
  expect(() => loadInventory(inventory('hosts: {a: [}'))).toThrow(/not valid YAML: .*line 1/s);
});

test.each([
  [
    'a primary that is not listed',
    'hosts: {}\nclusters: {a: {primary: db9}}',
    'clusters.a: host "db9" is not listed under hosts',
  ],
  [
    'a password in the clear',
    'hosts: {h: {connection: local}}\nclusters: {a: {primary: h, admin: {password: hunter2}}}',
    'clusters.a.admin.password: a secret is a reference',
  ],
  [
    'a path without {version}',
    'hosts: {h: {connection: local}}\nclusters: {a: {primary: h, dataDirectory: /data}}',
    'clusters.a.dataDirectory: the path needs the placeholder {version}',
  ],
  [
    'a standby on a host that is not listed',
    'hosts: {h: {connection: local}}\nclusters: {a: {primary: h, standbys: [db9]}}',
    'clusters.a: host "db9" is not listed under hosts',
  ],
  [
    'a standby that is the primary',
    'hosts: {h: {connection: local}}\nclusters: {a: {primary: h, standbys: [h]}}',
    'clusters.a: the primary and h have the same host and port',
  ],
  [
    'a key in the clear',
    'hosts: {h: {connection: {ssh: {address: a, user: root, key: abc}}}}\nclusters: {}',
    'hosts.h.connection.ssh.key: a secret is a reference',
  ],
  [
    'a misspelt field of a connection',
    'hosts: {h: {connection: {ssh: {address: a, user: root, key: agent, prot: 1}}}}\nclusters: {}',
    'hosts.h.connection.ssh: Unrecognized key: "prot"',
  ],
  ['an unknown connection', 'hosts: {h: {connection: telnet}}\nclusters: {}', 'hosts.h.connection: Invalid input'],
  [
    'a way that has no end',
    'hosts: {h: {connection: {ssh: {address: a, user: root, key: agent, jump: h}}}}\nclusters: {}',
    'hosts.h.connection.ssh.jump: the way h → h has no end',
  ],
  [
    'a way by an unknown host',
    'hosts: {h: {connection: {ssh: {address: a, user: root, key: agent, jump: x}}}}\nclusters: {}',
    'hosts.h.connection.ssh.jump: host "x" is not listed under hosts',
  ],
  ['a misspelt field', 'hosts: {h: {connection: local}}\nclusters: {a: {primary: h, prot: 5432}}', 'prot'],
])('%s is refused with its place', (_, text, message) => {
  expect(() => loadInventory(inventory(text))).toThrow(message);
});

test('the value of a refused password is not repeated', () => {
  const load = () =>
    loadInventory(
      inventory('hosts: {h: {connection: local}}\nclusters: {a: {primary: h, admin: {password: hunter2}}}'),
    );
  expect(load).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
});

test('secrets are resolved from the environment and from files, and a missing one is named by its reference', () => {
  process.env.PGPASSAGE_TEST_SECRET = 's3cret';
  expect(resolveSecret('env:PGPASSAGE_TEST_SECRET')).toBe('s3cret');
  writeFileSync(join(directory, 'secret'), 'from file\n');
  expect(resolveSecret(`file:${join(directory, 'secret')}`)).toBe('from file');
  expect(() => resolveSecret('env:PGPASSAGE_NO_SUCH')).toThrow('env:PGPASSAGE_NO_SUCH is not set on this worker');
  expect(() => resolveSecret('file:/nowhere/secret')).toThrow(
    "file:/nowhere/secret can't be read on this worker: ENOENT",
  );
});
