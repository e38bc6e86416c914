-- What belongs to no database: roles, their settings and memberships, the databases, settings in every place they can be.
-- The passwords are psql variables, set on standard input by seed.ts.

CREATE ROLE cluster_app LOGIN PASSWORD :'cluster_app_password' CONNECTION LIMIT 80;
CREATE ROLE cluster_reader LOGIN PASSWORD :'cluster_reader_password';
CREATE ROLE replicator LOGIN REPLICATION PASSWORD :'replicator_password';
CREATE ROLE cluster_monitor LOGIN PASSWORD :'cluster_monitor_password' VALID UNTIL '2099-12-31 00:00+00';
CREATE ROLE "Report Team" NOLOGIN;
CREATE ROLE auditor NOLOGIN BYPASSRLS;

-- Kept from the time before scram: the upgrade warns of it, and does not change it.
SET password_encryption = 'md5';
CREATE ROLE legacy_reports LOGIN PASSWORD :'legacy_reports_password';
RESET password_encryption;

ALTER ROLE cluster_reader SET default_transaction_read_only = on;
ALTER ROLE cluster_app SET statement_timeout = '5min';
ALTER ROLE ALL SET idle_in_transaction_session_timeout = '30min';
COMMENT ON ROLE cluster_app IS 'the application; owns the databases';

GRANT pg_monitor TO cluster_monitor;
GRANT "Report Team" TO legacy_reports;
GRANT "Report Team" TO cluster_app WITH ADMIN OPTION;
GRANT auditor TO cluster_monitor;

CREATE DATABASE distributed_postgres_cluster OWNER cluster_app;
CREATE DATABASE claude_flow_shared OWNER cluster_app CONNECTION LIMIT 50;
CREATE DATABASE "odd ""name' db" OWNER cluster_app;
COMMENT ON DATABASE distributed_postgres_cluster IS 'memories, patterns and what hangs on them';

ALTER DATABASE distributed_postgres_cluster SET work_mem = '8MB';
ALTER DATABASE claude_flow_shared SET search_path = claude_flow, public;
ALTER ROLE cluster_app IN DATABASE claude_flow_shared SET work_mem = '12MB';
ALTER ROLE cluster_reader IN DATABASE distributed_postgres_cluster SET enable_seqscan = off;
ALTER ROLE ALL IN DATABASE "odd ""name' db" SET "app.tenant" = 'o''dd';
REVOKE CONNECT ON DATABASE claude_flow_shared FROM PUBLIC;
GRANT CONNECT ON DATABASE claude_flow_shared TO cluster_reader, cluster_monitor;

ALTER SYSTEM SET log_min_duration_statement = '2s';
SELECT pg_reload_conf();
