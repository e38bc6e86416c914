import type { Layout } from '../../../src/postgres/cluster';
import { mappingsOf } from '../../../src/postgres/configuration/mappings';
import type { OldConfiguration, OldFile } from '../../../src/postgres/configuration/old-configuration';
import type { Setting } from '../../../src/postgres/configuration/setting';
import { translateConfiguration } from '../../../src/postgres/configuration/translate';
import type { TranslatedConfiguration } from '../../../src/postgres/configuration/translation';

const setting = (name: string, some: Partial<Setting> = {}): Setting => ({
  ...{
    name,
    vartype: 'string',
    unit: null,
    context: 'sighup',
    bootValue: '',
    minValue: null,
    maxValue: null,
    enumValues: null,
  },
  ...some,
});
const number = (name: string, bootValue: string, unit: string | null = null, maxValue = '1000000'): Setting =>
  setting(name, { vartype: 'integer', bootValue, unit, minValue: '0', maxValue });

const COMMON = [
  ...[
    'shared_preload_libraries',
    'archive_command',
    'archive_library',
    'cluster_name',
    'external_pid_file',
    'primary_conninfo',
  ].map((name) => setting(name)),
  ...['data_directory', 'hba_file', 'ident_file', 'log_directory'].map((name) => setting(name)),
  ...[
    number('work_mem', '4096', 'kB'),
    number('port', '5432'),
    number('autovacuum_max_workers', '3'),
    number('max_replication_slots', '10'),
  ],
];

interface Given {
  from?: number;
  to?: number;
  main?: string;
  auto?: string;
  others?: (Pick<OldFile, 'path' | 'role' | 'content'> & Partial<OldFile>)[];
  oldSettings?: Setting[];
  targetSettings?: Setting[];
  old?: Partial<OldConfiguration>;
  extra?: Record<string, string>;
  /** Debian's layout, with the configuration in /etc. */
  split?: boolean;
}

function translate(given: Given): TranslatedConfiguration {
  const { from = 15, to = 16, main = '', auto = '', others = [], split = false } = given;
  const layout = (version: number): Layout => ({
    version,
    binDirectory: `/usr/pg/${version}/bin`,
    dataDirectory: `/pg/${version}/main`,
    configDirectory: split ? `/etc/pg/${version}/main` : `/pg/${version}/main`,
    logFile: '/log',
  });
  const { dataDirectory, configDirectory } = layout(from);
  const file = (path: string, role: OldFile['role'], content: string): OldFile => ({
    path,
    role,
    content,
    encoding: 'utf8',
    mode: '0600',
  });
  const old: OldConfiguration = {
    dataDirectory,
    configFile: `${configDirectory}/postgresql.conf`,
    hbaFile: `${configDirectory}/pg_hba.conf`,
    identFile: `${configDirectory}/pg_ident.conf`,
    aliases: { dataDirectory: [dataDirectory], configDirectory: [configDirectory] },
    files: [
      file(`${configDirectory}/postgresql.conf`, 'main', main),
      file(`${dataDirectory}/postgresql.auto.conf`, 'auto', auto),
      ...others.map((other) => ({ ...file(other.path, other.role, other.content), ...other })),
    ],
    ...{ fixed: [], references: [], remarks: [] },
    settings: [...COMMON, ...(given.oldSettings ?? [])],
    ...given.old,
  };
  const facts = {
    ...{ from: layout(from), to: layout(to), unlisted: ['default_with_oids'] },
    targetSettings: [...COMMON, ...(given.targetSettings ?? [])],
    paths: mappingsOf(old, layout(from), layout(to)),
  };
  return translateConfiguration(old, facts, given.extra);
}

const change = ({ changes }: TranslatedConfiguration, name: string) =>
  changes.filter((candidate) => candidate.name === name);

it('keeps what the target takes, byte for byte', () => {
  const main = "# mine\nwork_mem = 8MB # why not\n\nlib.setting = 'x'\ndefault_with_oids = off\nPort 5433\n";
  const result = translate({ main });
  expect(result.files['postgresql.conf']).toBe(main);
  expect(result.changes.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
    'work_mem kept',
    'lib.setting kept',
    'default_with_oids kept',
    'Port kept',
  ]);
  expect(result.expected).toMatchObject({ work_mem: '8MB', Port: '5433' });
});

it('comments out what the target does not have, in every file, and says whether it mattered', () => {
  const gone = [number('gone', '7')];
  const result = translate({ main: 'gone = 7\ngone = 8', auto: "gone = '9'\n", oldSettings: gone });
  expect(result.files['postgresql.conf']).toBe(
    '#gone = 7 # pgpassage: this PostgreSQL 16 has no such setting\n#gone = 8 # pgpassage: this PostgreSQL 16 has no such setting',
  );
  expect(result.files['postgresql.auto.conf']).toContain("#gone = '9'");
  expect(change(result, 'gone').map(({ kind, severity }) => [kind, severity])).toEqual([
    ['removed', undefined],
    ['removed', undefined],
    ['removed', 'warning'],
  ]);
  expect(change(translate({ main: 'gone = 7', oldSettings: gone }), 'gone')[0].severity).toBeUndefined();
});

it('renames', () => {
  const result = translate({
    main: "  Force_Parallel_Mode 'regress' # test\n",
    targetSettings: [setting('debug_parallel_query')],
  });
  expect(result.files['postgresql.conf']).toBe("  debug_parallel_query 'regress' # test\n");
  expect(change(result, 'Force_Parallel_Mode')[0]).toMatchObject({ kind: 'renamed', after: 'regress' });
});

it('writes a value that the target takes, with a note, and reports one that has no counterpart', () => {
  const level = (enumValues: string[]) => setting('level', { vartype: 'enum', enumValues });
  const result = translate({
    main: 'limited = 900 # high\nlevel = old\nlog_connections = t\n',
    oldSettings: [
      number('limited', '1'),
      level(['old', 'new']),
      setting('log_connections', { vartype: 'bool', bootValue: 'off' }),
    ],
    targetSettings: [number('limited', '1', null, '500'), level(['new']), setting('log_connections')],
  });
  const [limited, gone, connections] = result.files['postgresql.conf'].split('\n');
  expect(limited).toBe("limited = '500' # high # pgpassage: PostgreSQL 16: 900 is above the greatest value there");
  expect(gone).toMatch(/^#level = old # pgpassage/);
  expect(connections).toMatch(/^log_connections = 'on' # pgpassage/);
  expect(result.changes.map(({ name, kind, severity }) => [name, kind, severity])).toEqual([
    ['limited', 'changed', 'warning'],
    ['level', 'removed', 'warning'],
    ['log_connections', 'changed', undefined],
  ]);
});

it("leads Debian's paths and names to the new version's and keeps what is elsewhere", () => {
  const main = [
    "data_directory = '/pg/15/main'",
    "hba_file = '/etc/pg/15/main/pg_hba.conf'",
    "ident_file = '/etc/pg/15/main/pg_ident.conf'",
    "external_pid_file = '/var/run/postgresql/15-main.pid'",
    "cluster_name = '15/main'",
    "archive_command = '/usr/pg/15/bin/send %p /pg/15/main/out/%f'",
    "log_directory = '/var/log/15/x'",
    "include_dir = 'conf.d'",
  ];
  const result = translate({
    main: main.join('\n'),
    split: true,
    others: [{ path: '/etc/pg/15/main/conf.d/a.conf', role: 'included', content: 'work_mem = 1MB' }],
    old: { references: [{ setting: 'ssl_key_file', path: '/pg/15/main/server.key', kind: 'file', mode: '0640' }] },
  });
  expect(result.files['postgresql.conf'].split('\n')).toEqual(
    main.map((line) => (line.startsWith('log') ? line : line.replaceAll('15', '16'))),
  );
  expect(Object.keys(result.files)).toEqual(['postgresql.conf', '/pg/16/main/postgresql.auto.conf', 'conf.d/a.conf']);
  expect(result.copies).toEqual([{ from: '/pg/15/main/server.key', to: '/pg/16/main/server.key', mode: '0600' }]);
  expect(result.directories).toEqual(['/etc/pg/16/main/conf.d']);
  expect(change(result, 'log_directory')[0]).toMatchObject({ kind: 'kept', severity: 'warning' });
});

it('says where the files are when the old configuration left that to the command line', () => {
  const { files } = translate({ split: true });
  expect(files['postgresql.conf']).toContain("hba_file = '/etc/pg/16/main/pg_hba.conf'");
  expect(files['postgresql.conf']).toContain("data_directory = '/pg/16/main'");
  expect(translate({}).files['postgresql.conf']).toBe('');
});

it('knows the old directories by the names behind symbolic links too', () => {
  const aliases = { dataDirectory: ['/pg/15/main', '/disk7/pg'], configDirectory: ['/pg/15/main', '/disk7/pg'] };
  const { expected } = translate({ main: "lib.a = '/disk7/pg/x'\nlib.b = '/pg/15/main/x'", old: { aliases } });
  expect(expected).toEqual({ 'lib.a': '/pg/16/main/x', 'lib.b': '/pg/16/main/x' });
});

describe('files outside of the old directories', () => {
  const main = "include '/srv/shared.conf'\n";
  const shared = (content: string): Given => ({
    main,
    others: [{ path: '/srv/shared.conf', role: 'included', content }],
  });

  it('stay where they are while nothing in them changes', () => {
    const result = translate(shared('work_mem = 1MB\n'));
    expect(Object.keys(result.files)).toEqual(['postgresql.conf', 'postgresql.auto.conf']);
    expect(result.files['postgresql.conf']).toBe(main);
  });

  it('are carried along when something in them has to change, for others may read them too', () => {
    const result = translate(shared('work_mem = 1MB\ngone = 1\n'));
    expect(result.files['postgresql.conf']).toBe("include '/pg/16/main/carried/srv/shared.conf'\n");
    expect(result.files['carried/srv/shared.conf']).toContain('work_mem = 1MB\n#gone = 1');
  });
});

describe("the plan's settings", () => {
  it('win over every file, postgresql.auto.conf too', () => {
    const result = translate({
      main: 'work_mem = 1MB',
      auto: "work_mem = '2MB'\n",
      extra: { work_mem: '3MB', 'lib.x': "it's" },
    });
    expect(result.files['postgresql.conf']).toBe(
      "work_mem = 1MB\n# pgpassage: for PostgreSQL 16; these override what stands above\nwork_mem = '3MB' # the plan's settings: the plan says so\n" +
        "lib.x = 'it''s' # the plan's settings: the plan says so\n# pgpassage: end\n",
    );
    expect(result.files['postgresql.auto.conf']).toBe("#work_mem = '2MB' # pgpassage: set in postgresql.conf\n");
    expect(change(result, 'work_mem')).toEqual([
      expect.objectContaining({ kind: 'changed', before: '2MB', after: '3MB' }),
    ]);
    expect(result.expected).toEqual({ work_mem: '3MB', 'lib.x': "it's" });
  });

  it('add nothing when they are in force already', () => {
    expect(translate({ main: 'work_mem = 1MB', extra: { work_mem: '1024kB' } }).files['postgresql.conf']).toBe(
      'work_mem = 1MB',
    );
  });

  it('add libraries to those that are there, citus first', () => {
    const result = translate({
      auto: "shared_preload_libraries = 'a, b'\n",
      extra: { shared_preload_libraries: 'citus' },
    });
    expect(result.expected.shared_preload_libraries).toBe('citus, a, b');
  });

  it('are refused when the target does not have them', () => {
    const result = translate({ extra: { nonsense: '1' } });
    expect(change(result, 'nonsense')[0]).toMatchObject({ kind: 'added', severity: 'blocker' });
    expect(result.files['postgresql.conf']).toBe('');
  });
});

it("puts the old server's command line into the file", () => {
  const old = { fixed: [{ name: 'port', value: '6000', source: 'command line' as const }] };
  expect(translate({ main: 'port = 5432\n', auto: 'port = 1\n', old }).expected).toEqual({ port: '6000' });
  expect(translate({ old, extra: { port: '7000' } }).expected).toEqual({ port: '7000' });
});

describe('archive_library with archive_command', () => {
  const main = "archive_library = 'basic_archive'\narchive_command = 'false'\n";

  it('goes on as it was in 15, which passed the command over', () => {
    const result = translate({ main });
    expect(result.expected).toEqual({ archive_library: 'basic_archive', archive_command: '' });
    expect(change(result, 'archive_command')[0]).toMatchObject({ kind: 'changed', severity: 'warning' });
  });

  it('is no configuration to go on with from 16 on, unless the plan decides', () => {
    expect(change(translate({ from: 16, to: 17, main }), 'archive_command').at(-1)).toMatchObject({
      severity: 'blocker',
    });
    const decided = translate({ from: 16, to: 17, main, extra: { archive_library: '' } });
    expect(decided.changes.filter(({ severity }) => severity === 'blocker')).toEqual([]);
  });
});

it('keeps limits that 18 split off from others', () => {
  const split = [number('autovacuum_worker_slots', '16'), number('max_active_replication_origins', '10')];
  const result = translate({
    from: 17,
    to: 18,
    main: 'autovacuum_max_workers = 20\nmax_replication_slots = 8',
    targetSettings: split,
  });
  expect(result.expected).toMatchObject({ autovacuum_worker_slots: '20' });
  expect(result.expected).not.toHaveProperty('max_active_replication_origins');
});

it('reports defaults that are not the same, of settings that nobody set', () => {
  const settings = (boot: string) => [
    number('a', boot, 'kB'),
    number('b', boot),
    setting('c', { context: 'internal', bootValue: boot }),
  ];
  const list = {
    oldSettings: [setting('log_connections', { vartype: 'bool', bootValue: 'off' })],
    targetSettings: [setting('log_connections')],
  };
  const result = translate({
    main: 'b = 1',
    oldSettings: [...settings('1'), ...list.oldSettings],
    targetSettings: [...settings('2'), ...list.targetSettings],
  });
  expect(result.changes.filter(({ kind }) => kind === 'default changed')).toEqual([
    expect.objectContaining({ name: 'a', before: '1kB', after: '2kB' }),
  ]);
});

it('carries access files over unchanged, but for absolute paths into the old directories', () => {
  const hba = 'local all @admins peer\nlocal all @/pg/15/main/lists/b,/x peer\n';
  const others: Given['others'] = [
    { path: '/pg/15/main/pg_hba.conf', role: 'hba', content: hba, mode: '0640' },
    { path: '/pg/15/main/admins', role: 'names', content: 'a\n' },
    { path: '/pg/15/main/lists/b', role: 'names', content: 'b\n' },
    { path: '/pg/15/main/pg_ident.conf', role: 'ident', content: 'm o r\n' },
  ];
  const result = translate({ others });
  expect(result.files).toMatchObject({
    'pg_hba.conf': hba.replace('15', '16'),
    admins: 'a\n',
    'lists/b': 'b\n',
    'pg_ident.conf': 'm o r\n',
  });
  expect(result.attributes['pg_hba.conf'].mode).toBe('0640');
  expect(change(result, 'pg_hba.conf').map(({ kind, severity }) => [kind, severity])).toEqual([
    ['changed', undefined],
    ['kept', 'warning'],
  ]);
});

it('keeps secrets out of the report and in the files', () => {
  const main = "primary_conninfo = 'host=a password=secret'\nlib.password = 'secret'\n";
  const result = translate({ main });
  expect(result.files['postgresql.conf']).toBe(main);
  expect(JSON.stringify(result.changes)).not.toContain('secret');
});
