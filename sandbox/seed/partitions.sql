-- Partitioned tables: by range and then by list, with a default; by hash; foreign keys into and out of them.

CREATE SCHEMA metrics AUTHORIZATION cluster_app;
SET ROLE cluster_app;

CREATE TABLE metrics.sources (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE metrics.events (
  id bigint NOT NULL,
  region text NOT NULL,
  happened_at timestamptz NOT NULL,
  source_id integer REFERENCES metrics.sources,
  payload jsonb,
  PRIMARY KEY (happened_at, region, id)
) PARTITION BY RANGE (happened_at);
CREATE INDEX ON metrics.events USING gin (payload);
CREATE INDEX ON metrics.events (source_id);
CREATE STATISTICS metrics.events_region_source (dependencies) ON region, source_id FROM metrics.events;

CREATE TABLE metrics.events_2024 PARTITION OF metrics.events
  FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2025-01-01 00:00+00') PARTITION BY LIST (region);
CREATE TABLE metrics.events_2024_eu PARTITION OF metrics.events_2024 FOR VALUES IN ('de', 'fr');
CREATE TABLE metrics.events_2024_us PARTITION OF metrics.events_2024 FOR VALUES IN ('us');
CREATE TABLE metrics.events_2024_rest PARTITION OF metrics.events_2024 DEFAULT;
-- Attached later and with another column order, as grown systems have it.
CREATE TABLE metrics.events_2025 (
  region text NOT NULL, id bigint NOT NULL, happened_at timestamptz NOT NULL, payload jsonb, source_id integer
);
ALTER TABLE metrics.events ATTACH PARTITION metrics.events_2025
  FOR VALUES FROM ('2025-01-01 00:00+00') TO ('2026-01-01 00:00+00');
CREATE TABLE metrics.events_default PARTITION OF metrics.events DEFAULT;

CREATE TABLE metrics.counters (key bigint PRIMARY KEY, hits bigint NOT NULL DEFAULT 0) PARTITION BY HASH (key);
CREATE TABLE metrics.counters_0 PARTITION OF metrics.counters FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE metrics.counters_1 PARTITION OF metrics.counters FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE metrics.counter_notes (key bigint REFERENCES metrics.counters ON DELETE CASCADE, note text);

INSERT INTO metrics.sources SELECT n, 'source ' || n FROM generate_series(1, 10) n;
INSERT INTO metrics.events (id, region, happened_at, source_id, payload)
SELECT n, (ARRAY['de', 'fr', 'us', 'jp'])[1 + n % 4], '2023-12-01 00:00+00'::timestamptz + n * interval '9 hours', 1 + n % 10,
  jsonb_build_object('n', n)
FROM generate_series(1, 2500) n;
INSERT INTO metrics.counters SELECT n, n FROM generate_series(1, 200) n;
INSERT INTO metrics.counter_notes SELECT n, 'note ' || n FROM generate_series(1, 200, 3) n;
