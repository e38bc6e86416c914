-- Contrib extensions, in a schema of their own where that is what people do, and a foreign server with a password.

CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO PUBLIC;
CREATE EXTENSION pg_stat_statements;
CREATE EXTENSION pgcrypto WITH SCHEMA extensions;
CREATE EXTENSION hstore WITH SCHEMA extensions;
CREATE EXTENSION citext WITH SCHEMA extensions;
CREATE EXTENSION ltree WITH SCHEMA extensions;
CREATE EXTENSION btree_gist WITH SCHEMA extensions;
CREATE EXTENSION postgres_fdw;

-- Nobody listens there: what reads every table has to leave foreign ones out.
CREATE SERVER archive_server FOREIGN DATA WRAPPER postgres_fdw
  OPTIONS (host '127.0.0.1', port '1', dbname 'archive', fetch_size '1000');
CREATE USER MAPPING FOR cluster_app SERVER archive_server
  OPTIONS (user 'archive', password :'archive_password');
GRANT USAGE ON FOREIGN SERVER archive_server TO cluster_app;
CREATE SCHEMA archive AUTHORIZATION cluster_app;
CREATE FOREIGN TABLE archive.old_events (id bigint NOT NULL, happened_at timestamptz, payload jsonb)
  SERVER archive_server OPTIONS (schema_name 'public', table_name 'events');
