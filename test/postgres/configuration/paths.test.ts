import { mapPath, mapPathsIn, pathMappings, pathsIn } from '../../../src/postgres/configuration/paths';
import { shown } from '../../../src/postgres/configuration/redact';

const mappings = pathMappings([
  { from: '/pg/15/main', to: '/pg/16/main' },
  { from: '/pg/15/main/etc/', to: '/etc/pg16' },
  { from: '/my data/15', to: '/my data/16' },
]);

it('maps paths by their deepest directory, whole names only', () => {
  expect(mapPath('/pg/15/main/etc/hba', mappings)).toBe('/etc/pg16/hba');
  expect(mapPath('/pg/15/main/../main/x', mappings)).toBe('/pg/16/main/x');
  expect(mapPath('/pg/15/main2', mappings)).toBeUndefined();
});

it.each([
  ['/pg/15/main/x', '/pg/16/main/x'],
  ['cp %p /pg/15/main/a/%f && test -d "/pg/15/main"', 'cp %p /pg/16/main/a/%f && test -d "/pg/16/main"'],
  ['FILE:/my data/15/krb5.keytab', 'FILE:/my data/16/krb5.keytab'],
  ['--path=/pg/15/main,/pg/15/mainland', '--path=/pg/16/main,/pg/15/mainland'],
  ['/other/pg/15/main', '/other/pg/15/main'],
])('leads the paths in %j to %j', (before, after) => expect(mapPathsIn(before, mappings)).toBe(after));

it('finds the paths in a command', () => {
  expect(pathsIn('/pg/15/main/a.sh %p > /pg/15/main/log; true', mappings)).toEqual([
    '/pg/15/main/a.sh',
    '/pg/15/main/log',
  ]);
});

it.each([
  ['primary_conninfo', "host=a password='s e' user=b", 'host=a password=(hidden) user=b'],
  ['archive_command', 'AWS_SECRET_ACCESS_KEY=abc push %p', 'AWS_SECRET_ACCESS_KEY=(hidden) push %p'],
  ['archive_command', 'push s3://key:secret@host/%f', 'push s3://key:(hidden)@host/%f'],
  ['ssl_passphrase_command', 'echo secret', '(hidden)'],
  ['app.api_token', 'abc', '(hidden)'],
  ['', 'invalid value for parameter "app.password": "secret"', 'invalid value for parameter "app.password": (hidden)'],
  ['password_encryption', 'scram-sha-256', 'scram-sha-256'],
  ['work_mem', '4MB', '4MB'],
])('shows %s = %j without secrets', (name, value, expected) => expect(shown(name, value)).toBe(expected));
