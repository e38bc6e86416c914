import { mkdir, writeFile, appendFile } from 'node:fs/promises';
import { run } from '../../../sandbox/command';
import { asUser } from '../../../sandbox/os-user';
import type { SandboxServer } from '../../../sandbox/postgres-server';

/** Old enough for a warning, young enough for the server to work. */
const NEXT_XID = 1_100_000_000;

/** What a 15 cluster needs to hold the traps. */
export const TRAP_SETTINGS: Record<string, string> = {
  shared_preload_libraries: 'adminpack, pg_stat_statements',
  old_snapshot_threshold: '-1',
  log_connections: 'f',
  archive_mode: 'on',
  archive_library: 'basic_archive',
  archive_command: 'true',
  wal_level: 'logical',
  max_prepared_transactions: '5',
  allow_in_place_tablespaces: 'on',
  autovacuum: 'off',
  autovacuum_freeze_max_age: '2000000000',
  fsync: 'off',
  // Nobody is there for synchronous_standby_names.
  synchronous_commit: 'local',
};

/** A cluster that has seen more than a billion transactions, without running them. */
export async function age(server: SandboxServer): Promise<void> {
  const as = (...argv: string[]) => run(asUser(server.osUser, argv));
  await as(`${server.binDirectory}/pg_resetwal`, '-x', String(NEXT_XID), server.dataDirectory);
  // The segment of pg_xact that holds that ID: 32 pages of 8 kB, four transactions a byte.
  const segment = Math.floor(NEXT_XID / (32 * 8192 * 4));
  const file = `${server.dataDirectory}/pg_xact/${segment.toString(16).toUpperCase().padStart(4, '0')}`;
  await as('truncate', '-s', '262144', file);
}

const CLUSTER = `
  create role app login;
  create role creator createrole;
  create role "pg role" login;
  set password_encryption = 'md5';
  create role old_password login password 'planted';
  alter role app set force_parallel_mode = off;
  -- Stands for a value that only the old build knows.
  alter role creator set default_toast_compression = 'pglz';
  update pg_db_role_setting set setconfig = '{default_toast_compression=lz77}' where setrole = 'creator'::regrole;
  alter role all set statement_timeout = '1h';
  create database app owner app;
  alter database app set force_parallel_mode = off;
  create database closed allow_connections false;
  create database broken;
  create database "two
lines" allow_connections false;
  update pg_database set datconnlimit = -2 where datname = 'broken';
  update pg_database set datallowconn = true where datname = 'template0';
  create role keeper;
  create role signals;
  update pg_authid set rolname = 'pg_signal_autovacuum_worker' where rolname = 'signals';
  update pg_authid set rolname = 'pg_keeper' where rolname = 'keeper';
  alter system set synchronous_standby_names = 'somewhere';
  alter system set vacuum_defer_cleanup_age = 0;
  select pg_create_physical_replication_slot('for_standby');
  select pg_reload_conf();`;

const APP = `
  create extension hstore;
  create extension adminpack;
  create extension pg_stat_statements;
  update pg_extension set extversion = '0.9' where extname = 'hstore';

  -- System columns and functions that are gone, in every place that keeps a query.
  create view v_bgwriter as select buffers_backend from pg_stat_bgwriter;
  create view v_locale as select d.daticulocale from pg_database d;
  create view v_vacuum as select sum(max_dead_tuples) as dead from pg_stat_progress_vacuum;
  create view v_follows as select * from v_bgwriter;
  create materialized view m_checkpoints as select checkpoints_timed from pg_stat_bgwriter;
  create view v_function as select pg_stat_get_buf_written_backend() as buffers;
  create function atomic() returns bigint begin atomic select max_dead_tuples from pg_stat_progress_vacuum; end;
  create table guarded (id int);
  create policy by_stats on guarded using (id < (select checkpoints_req from pg_stat_bgwriter));
  -- An own column of the same name is nobody's business.
  create table own_stats (buffers_backend bigint, daticulocale text);
  create view v_own as select buffers_backend, daticulocale from own_stats;
  create function own_body() returns bigint language plpgsql as $$ begin return (select buffers_backend from own_stats); end $$;

  -- The same in bodies that are text.
  create function body_sql() returns bigint language sql as 'select buffers_backend from pg_stat_bgwriter';
  create function body_record() returns bigint language plpgsql as $$
    declare r record; begin select * into r from pg_stat_bgwriter; return r.checkpoints_timed; end $$;
  create function body_setting() returns text language plpgsql as $$ begin return current_setting('lc_collate'); end $$;
  create function body_execute() returns void language plpgsql as $$ begin execute 'select wal_write from pg_stat_wal'; end $$;
  create function body_dynamic(t text) returns void language plpgsql as $$ begin execute format('analyze %I', t); end $$;
  create function body_broken() returns void language plpgsql as $$ begin null; end $$;
  update pg_proc set prosrc = 'begin nonsense nonsense; end' where proname = 'body_broken';
  create function set_clause() returns int language sql set force_parallel_mode = off as 'select 1';
  create view v_setting as select current_setting('lc_ctype') as ctype;

  -- Functions that depend on search_path.
  create function inner_lower(t text) returns text language sql immutable as 'select lower(t)';
  create function sql_unqualified(t text) returns text language sql immutable as 'select inner_lower(t)';
  create function sql_qualified(t text) returns text language sql immutable as 'select public.inner_lower(t)';
  create function sql_indirect(t text) returns text language sql immutable as 'select public.sql_unqualified(t)';
  create function sql_with_path(t text) returns text language sql immutable set search_path = public as 'select inner_lower(t)';
  create function plpgsql_unqualified(t text) returns text language plpgsql immutable as 'begin return inner_lower(t); end';
  create table texts (id int, t text, g text generated always as (sql_unqualified(t)) stored);
  create index texts_sql on texts (sql_unqualified(t));
  create index texts_predicate on texts (id) where sql_unqualified(t) <> '';
  create index texts_indirect on texts (sql_indirect(t));
  create index texts_qualified on texts (sql_qualified(t));
  create index texts_path on texts (sql_with_path(t));
  create index texts_plpgsql on texts (plpgsql_unqualified(t));
  create table texts_parted (t text) partition by list (sql_unqualified(t));
  create materialized view m_texts as select plpgsql_unqualified(t) as t from texts;

  -- Types.
  create domain some_proc as regproc;
  create type with_namespace as (n regnamespace);
  create table typed (a some_proc, b regoperator[], c with_namespace, d aclitem, e regclass);
  create table typed_row (r information_schema.sql_identifier, p pg_class);

  -- Tables.
  create table parent (a int, b int);
  create table child (b2 int generated always as (1) stored) inherits (parent);
  alter table only parent alter a set not null;
  alter table parent add c int;
  create unlogged table unlogged_parent (a int) partition by range (a);
  create table doubles as select 1 as a from generate_series(1, 2);
  create table referenced (id int primary key);
  create table referencing (id int references referenced);
  alter table referencing disable trigger all;
  create table keyed (a int not null);
  create unique index keyed_a on keyed (a) nulls not distinct;
  alter table keyed add primary key using index keyed_a;
  create table kept (a int);
  alter table kept owner to pg_keeper;
  create table changed as select generate_series(1, 5000) as a;

  -- Names that become the system's own.
  create function erf(double precision) returns double precision language sql as 'select 1.0::float8';
  create table pg_stat_io (a int);
  grant execute on function pg_stat_get_bgwriter_timed_checkpoints() to app;
  grant select (buffers_backend) on pg_stat_bgwriter to app;

  create collation drifted (locale = 'C.UTF-8');
  create table sorted (t text collate drifted);
  update pg_collation set collversion = '0.1' where collname = 'drifted';
  create function deferred() returns trigger language plpgsql as 'begin return null; end';
  create constraint trigger late after insert on changed deferrable for each row execute function deferred();
  set role app;
  select buffers_backend from pg_stat_bgwriter;
  reset role;
  begin; insert into changed values (0); prepare transaction 'stuck';`;

/** Builds differ: Debian's have ICU, the portable ones that the sandbox fetches have not. */
export async function hasIcu({ binDirectory }: { binDirectory: string }): Promise<boolean> {
  return !(await run([`${binDirectory}/pg_config`, '--configure'])).includes('--without-icu');
}

/** Plants them all in a running 15 server. */
export async function plant(server: SandboxServer): Promise<void> {
  await server.psql(CLUSTER);
  if (await hasIcu(server)) {
    await server.psql(
      `create database "Sorted by ICU" template template0 locale_provider icu icu_locale 'de' encoding 'UTF8'`,
    );
  }
  // Before there is a prepared transaction: a new slot waits for the end of all that run.
  await server.psql(`select pg_create_logical_replication_slot('for_reader', 'test_decoding')`, 'app');
  await server.psql(APP, 'app');
  // Leaves its index behind, invalid.
  await server.psql('create unique index concurrently doubles_a on doubles (a)', 'app').catch(() => undefined);
  await plantGeneratedMismatch(server);
  await server.psql(
    `     update pg_database set datcollversion = '0.1' where datname = 'app';
     create subscription incoming connection 'dbname=nowhere' publication p with (connect = false)`,
    'app',
  );
  await plantFiles(server);
}

/** 15 takes a plain parent column and a generated child column when the child is attached afterwards. */
async function plantGeneratedMismatch(server: SandboxServer): Promise<void> {
  await server.psql(
    `     create table plain_parent (a int, g int);
     create table generated_child (a int, g int generated always as (a + 1) stored) inherits (plain_parent)`,
    'app',
  );
}

async function plantFiles(server: SandboxServer): Promise<void> {
  const { dataDirectory, root, osUser } = server;
  const owned = (...paths: string[]) => run(['chown', '-R', osUser, ...paths]);
  const outside = `${root}/outside`;
  const inside = `${dataDirectory}/inside`;
  await mkdir(`${outside}/PG_18_209901011`, { recursive: true });
  await mkdir(inside);
  await mkdir(`${root}/18/main/base`, { recursive: true });
  await owned(outside, inside, `${root}/18`);
  await server.psql(`create tablespace outside location '${outside}'`);
  await server.psql(`create tablespace inside location '${inside}'`);
  await server.psql(`create tablespace in_place location ''`);
  for (const file of ['standby.signal', 'backup_label', 'global/pg_control.old']) {
    await writeFile(`${dataDirectory}/${file}`, '');
    await owned(`${dataDirectory}/${file}`);
  }
  await appendFile(`${dataDirectory}/postgresql.conf`, "work_mem = 'a lot'\n");
  await appendFile(
    `${dataDirectory}/pg_hba.conf`,
    'host all all 10.0.0.0/8 carrier_pigeon\nhost all /slash 10.0.0.0/8 reject\n',
  );
}
