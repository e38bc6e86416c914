import { forBaseBackup, parseConninfo, printConninfo } from '../../../src/postgres/standby/conninfo';
import { progressInBytes } from '../../../src/postgres/standby/rebuild-script';
import { matchSenders, type Sender } from '../../../src/postgres/standby/senders';

test.each([
  ['host=db1 port=5432 user=rep', { host: 'db1', port: '5432', user: 'rep' }],
  [`host = db1 password='it\\'s \\\\ a' user=''`, { host: 'db1', password: `it's \\ a`, user: '' }],
  [
    'postgresql://rep:s%40c@db1:5433/replication?sslmode=require',
    { user: 'rep', password: 's@c', host: 'db1', port: '5433', dbname: 'replication', sslmode: 'require' },
  ],
  ['postgres://rep@db1,db2:5433/', { user: 'rep', host: 'db1,db2', port: ',5433' }],
  ['', {}],
])('the connection string %j', (text, parameters) => {
  expect(parseConninfo(text)).toEqual(parameters);
  expect(parseConninfo(printConninfo(parseConninfo(text)))).toEqual(parameters);
});

test('one that cannot be read is refused without being repeated', () => {
  expect(() => parseConninfo('host=db1 password secret')).toThrow(
    /^the connection string is not of the form keyword=value$/,
  );
});

test('a base backup gets neither password nor the name of the standby', () => {
  const { conninfo, password } = forBaseBackup(`host=db1 password='a b' application_name=s1`);
  expect(password).toBe('a b');
  expect(parseConninfo(conninfo)).toEqual({ host: 'db1', application_name: 'pgpassage-rebuild' });
});

test('progress of pg_basebackup is told in bytes', () => {
  expect(progressInBytes('  1024/4096 kB (25%), 0/1 tablespace')).toBe('1048576 of 4194304 bytes (25 %)');
  expect(progressInBytes('waiting for checkpoint')).toBe('waiting for checkpoint');
});

test('connections are matched by slot, else by name, one for each standby; the others are strangers', () => {
  const sender = (pid: number, applicationName: string, slot?: string): Sender => ({
    ...{ pid, applicationName, client: '10.0.0.1', state: 'streaming', slot },
  });
  const senders = [
    sender(1, 'walreceiver'),
    sender(2, 'walreceiver', 'a'),
    sender(3, 'walreceiver'),
    sender(4, 'barman', 'b'),
  ];
  const standby = (slot?: string) => ({ slot, applicationName: 'walreceiver' });
  const { matched, strangers } = matchSenders([standby(), standby('a'), standby('gone')], senders);
  expect(matched.map((each) => each?.pid)).toEqual([1, 2, undefined]);
  expect(strangers.map(({ pid }) => pid)).toEqual([3, 4]);
});
