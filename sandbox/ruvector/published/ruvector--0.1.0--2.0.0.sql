-- An update script as an operator would write it: the published extension has none from 0.1.0. It does what differs
-- between the published ruvector--0.1.0.sql and ruvector--2.0.0.sql: two functions' results, and the access methods.
\echo Use "ALTER EXTENSION ruvector UPDATE" to load this file. \quit

DROP OPERATOR FAMILY ruvector_l2_ops USING hnsw;
DROP OPERATOR FAMILY ruvector_cosine_ops USING hnsw;
DROP OPERATOR FAMILY ruvector_ip_ops USING hnsw;
DROP ACCESS METHOD hnsw;

DROP FUNCTION ruvector_list_agents();
CREATE FUNCTION ruvector_list_agents()
RETURNS TABLE(name text, agent_type text, capabilities text[], cost_per_request real, avg_latency_ms real,
              quality_score real, success_rate real, total_requests bigint, is_active boolean)
AS 'MODULE_PATHNAME', 'ruvector_list_agents_wrapper' LANGUAGE C VOLATILE PARALLEL SAFE;
DROP FUNCTION ruvector_find_agents_by_capability(text, int);
CREATE FUNCTION ruvector_find_agents_by_capability(capability text, max_results int DEFAULT 10)
RETURNS TABLE(name text, quality_score real, avg_latency_ms real, cost_per_request real)
AS 'MODULE_PATHNAME', 'ruvector_find_agents_by_capability_wrapper' LANGUAGE C VOLATILE PARALLEL SAFE;

CREATE FUNCTION ruivfflat_handler(internal) RETURNS index_am_handler
AS 'MODULE_PATHNAME', 'ruivfflat_handler_wrapper' LANGUAGE C STRICT;

CREATE ACCESS METHOD ruhnsw TYPE INDEX HANDLER hnsw_handler;
CREATE OPERATOR CLASS ruvector_l2_ops DEFAULT FOR TYPE ruvector USING ruhnsw AS
  OPERATOR 1 <-> (ruvector, ruvector) FOR ORDER BY float_ops,
  FUNCTION 1 ruvector_l2_distance(ruvector, ruvector);
CREATE OPERATOR CLASS ruvector_cosine_ops FOR TYPE ruvector USING ruhnsw AS
  OPERATOR 1 <=> (ruvector, ruvector) FOR ORDER BY float_ops,
  FUNCTION 1 ruvector_cosine_distance(ruvector, ruvector);
CREATE OPERATOR CLASS ruvector_ip_ops FOR TYPE ruvector USING ruhnsw AS
  OPERATOR 1 <#> (ruvector, ruvector) FOR ORDER BY float_ops,
  FUNCTION 1 ruvector_inner_product(ruvector, ruvector);

CREATE ACCESS METHOD ruivfflat TYPE INDEX HANDLER ruivfflat_handler;
CREATE OPERATOR CLASS ruvector_l2_ops DEFAULT FOR TYPE ruvector USING ruivfflat AS
  OPERATOR 1 <-> (ruvector, ruvector) FOR ORDER BY float_ops,
  FUNCTION 1 ruvector_l2_distance(ruvector, ruvector);
CREATE OPERATOR CLASS ruvector_cosine_ops FOR TYPE ruvector USING ruivfflat AS
  OPERATOR 1 <=> (ruvector, ruvector) FOR ORDER BY float_ops,
  FUNCTION 1 ruvector_cosine_distance(ruvector, ruvector);
CREATE OPERATOR CLASS ruvector_ip_ops FOR TYPE ruvector USING ruivfflat AS
  OPERATOR 1 <#> (ruvector, ruvector) FOR ORDER BY float_ops,
  FUNCTION 1 ruvector_inner_product(ruvector, ruvector);
