-- The tables of the clusters in use, in schema public or claude_flow (psql variable "schema"). Embeddings are real[]
-- where those clusters have ruvector(384). Psql variable "entries": how many memories.

CREATE SCHEMA IF NOT EXISTS :"schema" AUTHORIZATION cluster_app;
SET ROLE cluster_app;
SET search_path = :"schema", pg_catalog;

CREATE TABLE memory_entries (
  id serial PRIMARY KEY,
  namespace text NOT NULL DEFAULT 'default',
  key text NOT NULL,
  value text NOT NULL,
  embedding real[] CHECK (array_length(embedding, 1) = 384),
  metadata jsonb NOT NULL DEFAULT '{}',
  tags text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (namespace, key)
);
CREATE INDEX memory_entries_metadata ON memory_entries USING gin (metadata jsonb_path_ops);
CREATE INDEX memory_entries_tags ON memory_entries USING gin (tags);
CREATE INDEX memory_entries_search ON memory_entries USING gin (to_tsvector('english', value));
CREATE INDEX memory_entries_recent ON memory_entries (namespace, created_at DESC) INCLUDE (key);

CREATE TABLE patterns (
  id serial PRIMARY KEY,
  name text NOT NULL UNIQUE,
  confidence double precision NOT NULL DEFAULT 0.5 CHECK (confidence BETWEEN 0 AND 1),
  usage_count integer NOT NULL DEFAULT 0,
  embedding real[],
  metadata jsonb
);
CREATE TABLE pattern_history (
  id bigserial PRIMARY KEY,
  pattern_id integer NOT NULL REFERENCES patterns ON DELETE CASCADE ON UPDATE CASCADE,
  change text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON pattern_history (pattern_id);
CREATE TABLE trajectories (
  id serial PRIMARY KEY,
  session_id text NOT NULL,
  steps jsonb NOT NULL DEFAULT '[]',
  reward numeric(8, 4),
  finished boolean NOT NULL DEFAULT false
);
CREATE INDEX ON trajectories (session_id) WHERE NOT finished;
CREATE TABLE graph_nodes (
  id serial PRIMARY KEY,
  label text NOT NULL,
  properties jsonb NOT NULL DEFAULT '{}',
  embedding real[]
);
CREATE TABLE graph_edges (
  id serial PRIMARY KEY,
  source_id integer NOT NULL REFERENCES graph_nodes ON DELETE CASCADE,
  target_id integer NOT NULL REFERENCES graph_nodes ON DELETE CASCADE,
  relation text NOT NULL,
  weight real NOT NULL DEFAULT 1,
  UNIQUE (source_id, target_id, relation)
);
CREATE TABLE sessions (
  id text PRIMARY KEY,
  state jsonb NOT NULL DEFAULT '{}',
  started_at timestamptz NOT NULL DEFAULT now(),
  ended_at timestamptz
);
CREATE TABLE metadata (key text PRIMARY KEY, value jsonb NOT NULL);

INSERT INTO memory_entries (namespace, key, value, embedding, metadata, tags)
SELECT 'topic-' || n % 7, 'memory-' || n, 'what was learnt in run ' || n || ' about upgrading databases',
  (SELECT array_agg(sin(n * i)::real) FROM generate_series(1, 384) i),
  jsonb_build_object('run', n, 'kind', (ARRAY['fact', 'plan', 'result'])[1 + n % 3]), ARRAY['t' || n % 5, 'ünïcode']
FROM generate_series(1, :entries) n;
INSERT INTO patterns (name, confidence, metadata)
SELECT 'pattern ' || n, n / 100.0, jsonb_build_object('n', n) FROM generate_series(1, 100) n;
INSERT INTO pattern_history (pattern_id, change) SELECT 1 + n % 100, 'change ' || n FROM generate_series(1, 500) n;
INSERT INTO trajectories (session_id, steps, reward, finished)
SELECT 's' || n % 20, jsonb_build_array(n, n + 1), n / 3.0, n % 2 = 0 FROM generate_series(1, 200) n;
INSERT INTO graph_nodes (label) SELECT 'node ' || n FROM generate_series(1, 100) n;
INSERT INTO graph_edges (source_id, target_id, relation)
SELECT 1 + n % 100, 1 + (n * 7 + 3) % 100, 'r' || n FROM generate_series(1, 300) n;
INSERT INTO sessions (id, state) SELECT 's' || n, jsonb_build_object('n', n) FROM generate_series(0, 19) n;
INSERT INTO metadata VALUES ('schema_version', '3'), ('installed_by', '"seed"');

RESET ROLE;
GRANT USAGE ON SCHEMA :"schema" TO cluster_reader, legacy_reports;
GRANT SELECT ON ALL TABLES IN SCHEMA :"schema" TO cluster_reader;
