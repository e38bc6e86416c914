import type { MajorVersion } from '../../../sandbox/parts';
import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';
import { ruvectorPostgres, type Flavour } from '../../../sandbox/ruvector';
import { temporaryRoot } from '../../../sandbox/temporary-root';

/** A running server that can create the extension `ruvector`. */
export interface CorpusServer {
  server: SandboxServer;
  stop(): Promise<void>;
}

/** @returns the server, or why it can't be had on this machine. */
export async function corpusServer(
  flavour: Flavour,
  version: MajorVersion,
  settings: Record<string, string> = {},
): Promise<CorpusServer | { leftOut: string }> {
  const found = await ruvectorPostgres(flavour, version);
  if ('leftOut' in found) return found;
  const root = await temporaryRoot();
  const server = await createServer({ version, root: root.path, binDirectory: found.bin, settings });
  await server.start();
  const stop = async () => {
    await server.stop();
    await root.remove();
  };
  return { server, stop };
}

/** Gives the fixture's `<#>`, which is pgvector's and negative, the sign of the published extension's. */
export const PUBLISHED_SIGN = `
ALTER EXTENSION ruvector DROP OPERATOR CLASS ruvector_ip_ops USING ruvector_hnsw;
ALTER EXTENSION ruvector DROP OPERATOR FAMILY ruvector_ip_ops USING ruvector_hnsw;
DROP OPERATOR FAMILY ruvector_ip_ops USING ruvector_hnsw;
ALTER EXTENSION ruvector DROP OPERATOR <#> (ruvector, ruvector);
DROP OPERATOR <#> (ruvector, ruvector);
CREATE OPERATOR <#> (LEFTARG = ruvector, RIGHTARG = ruvector, FUNCTION = ruvector_inner_product);
ALTER EXTENSION ruvector ADD OPERATOR <#> (ruvector, ruvector);
`;

/** The runbook's names of 2.0.0 beside those of 0.1.0, so that a statement can be run before and after it was rewritten to them. */
export const RUNBOOK_NAMES = `
CREATE FUNCTION cosine_distance(a ruvector, b ruvector) RETURNS float8 IMMUTABLE STRICT LANGUAGE sql
  AS 'SELECT ruvector_cosine_distance(a, b)';
CREATE FUNCTION l2_distance(a ruvector, b ruvector) RETURNS float8 IMMUTABLE STRICT LANGUAGE sql
  AS 'SELECT ruvector_l2_distance(a, b)';
`;

/** Tables and functions that the corpus uses. */
export const CORPUS_SCHEMA = `
CREATE TABLE items (
  id int PRIMARY KEY, embedding ruvector(3), other ruvector(3), label text DEFAULT '[1,1,1]', score float8, j jsonb
);
INSERT INTO items (id, embedding, other, j) VALUES
  (1, '[1,2,3]', '[3,2,1]', '{"k": 1, "v": "[1,0,0]"}'), (2, '[0,1,0]', '[1,1,1]', '{"v": "[0,0,1]"}'),
  (3, '[5,5,5]', '[4,5,6]', '{"k": ["a"], "v": "[2,2,2]"}'), (4, '[-1,2,0.5]', '[0.5,0.25,-3]', NULL), (5, NULL, '[1,1,2]', NULL);
CREATE FUNCTION to_vector(float8) RETURNS ruvector IMMUTABLE STRICT LANGUAGE sql
  AS $$ SELECT format('[%s,%s,%s]', $1, $1, $1)::ruvector $$;
CREATE SCHEMA mine;
CREATE FUNCTION mine.ruvector_l2_distance(a ruvector, b ruvector) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 42';
CREATE FUNCTION my_ruvector_l2_distance(a ruvector, b ruvector) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 43';
CREATE FUNCTION ruvector_l2_distance_squared(a ruvector, b ruvector) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 44';
CREATE FUNCTION "Ruvector_L2_Distance"(a ruvector, b ruvector) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 45';
`;
