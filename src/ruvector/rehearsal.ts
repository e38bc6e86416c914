import { literal } from '../postgres/connection';
import type { SchemaArchive } from './archive';
import { readDependants, type Dependant } from './dependants';
import type { Live } from './live';
import { readMarks, type Marks } from './marks';
import { ensureIndexScript, type PlannedIndex, type Scripts } from './scripts';
import type { Workshop } from './workshop';

/** What a rehearsal showed. */
export interface Rehearsal {
  /** What failed, in PostgreSQL's words; nothing where all went well. */
  problems: string[];
  /** Fingerprints of the restored tables and the times that it took, where it got that far. */
  marks?: Marks;
  /** Milliseconds that each index took to build. */
  indexes: Record<string, number>;
}

/**
 * Upgrades a copy of the database on the scratch server, builds the new indexes, and goes back: with the very scripts
 * that the cluster will get. Without `data` the tables are empty, which finds what stands in the way but no times.
 */
export async function rehearse(
  workshop: Workshop,
  live: Live,
  archive: SchemaArchive,
  scripts: Pick<Scripts, 'upgrade' | 'rollback'>,
  after: PlannedIndex[],
  data?: string,
): Promise<Rehearsal> {
  const { extension, indexes } = live;
  const restoring = await workshop.restore(archive, extension, new Set(indexes.map(({ oid }) => oid)), data);
  const missing = missingFrom(
    live.dependants,
    await dependantsThere(workshop, extension.name),
    indexes.map(({ identity }) => identity),
  );
  if (missing.length > 0) {
    return { problems: [`the copy lacks ${missing.join(', ')}: ${restoring.join('; ')}`], indexes: {} };
  }
  const upgraded = await workshop.run(scripts.upgrade);
  if (upgraded.error) return { problems: [upgraded.error], indexes: {} };
  const built: Record<string, number> = {};
  for (const index of after) {
    const begin = Date.now();
    const { error } = await workshop.run(ensureIndexScript(index, extension.schema));
    if (error)
      return { problems: [`index ${index.identity}: ${error}`], marks: readMarks(upgraded.output), indexes: built };
    built[index.identity] = Date.now() - begin;
  }
  const back = await workshop.run(scripts.rollback);
  const lost = back.error
    ? []
    : missingFrom(
        live.dependants,
        await dependantsThere(workshop, extension.name),
        indexes.map(({ identity }) => identity),
      );
  return {
    problems: [
      ...(back.error ? [`the way back: ${back.error}`] : []),
      ...(lost.length > 0 ? [`there and back, ${lost.join(', ')} got lost`] : []),
    ],
    marks: readMarks(upgraded.output),
    indexes: built,
  };
}

async function dependantsThere(workshop: Workshop, extension: string): Promise<Dependant[]> {
  const query = async <T>(text: string, values: unknown[] = []) =>
    workshop.query<T>(text.replaceAll('$1', literal(String(values[0]))));
  return readDependants({ database: 'rehearsal', query: query as never }, extension);
}

function missingFrom(wanted: Dependant[], there: Dependant[], leftOut: string[]): string[] {
  const names = new Set(there.map(({ kind, identity }) => `${kind} ${identity}`));
  return wanted
    .filter(({ kind, identity }) => kind !== 'default value' && !(kind === 'index' && leftOut.includes(identity)))
    .map(({ kind, identity }) => `${kind} ${identity}`)
    .filter((name) => !names.has(name));
}
