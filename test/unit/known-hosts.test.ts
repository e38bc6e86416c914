import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { knownKeys } from '../../src/hosts/ssh/known-hosts';
import { knownName } from '../../src/hosts/ssh/settings';

const lines = (text: string, name: string) => knownKeys(text, name).map(({ line }) => line);

test('names, lists, patterns, exceptions and markers', () => {
  const text = [
    '# db1 ssh-rsa comment',
    'db1,10.0.0.1 ssh-ed25519 AAAA comment',
    'db* ecdsa-sha2-nistp256 BBBB',
    '!db1,db? ssh-rsa CCCC',
    '[db1]:2222 ssh-rsa DDDD',
    '@cert-authority db1 ssh-rsa EEEE',
    '@revoked db1 ssh-rsa FFFF',
    '',
  ].join('\n');
  expect(lines(text, 'db1')).toEqual([2, 3, 7]);
  expect(lines(text, 'db2')).toEqual([3, 4]);
  expect(lines(text, '10.0.0.1')).toEqual([2]);
  expect(lines(text, '[db1]:2222')).toEqual([5]);
  expect(lines(text, 'xdb1')).toEqual([]);
  expect(knownKeys(text, 'db1')[2]).toMatchObject({ revoked: true, type: 'ssh-rsa', key: 'FFFF' });
});

test('hashed names, as ssh-keygen -H writes them', () => {
  const directory = mkdtempSync('/tmp/pgp-known-');
  const file = `${directory}/known_hosts`;
  writeFileSync(
    file,
    'db1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPK\n[db1]:2222 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPK\n',
  );
  execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
  const text = readFileSync(file, 'utf8');
  rmSync(directory, { recursive: true });
  expect(text).toMatch(/^\|1\|/);
  expect(lines(text, knownName({ address: 'DB1', port: 22 }))).toEqual([1]);
  expect(lines(text, knownName({ address: 'db1', port: 2222 }))).toEqual([2]);
  expect(lines(text, 'db2')).toEqual([]);
});
