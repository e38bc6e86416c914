import { exists, makeDirectory, readFile, writeFile } from '../../hosts/files';
import { withSql } from '../../postgres/connection';
import type { Cluster } from '../../postgres/cluster';
import { requireLive } from '../plan';
import { Workshop } from '../workshop';
import type { Judged } from './line';
import { LINES } from './lines';

/** Who answers for a line that only a person can judge, or that failed and is accepted. */
export interface SignOff {
  line: string;
  by: string;
  note: string;
  /** ISO 8601. */
  at: string;
  /** What the check said at that time. */
  evidence: string;
}

/** One line with its outcome. */
export interface ChecklistLine extends Judged {
  name: string;
  title: string;
  outcome: 'passed' | 'failed' | 'needs sign-off' | 'signed off';
  signOff?: SignOff;
}

/** What is asked of a checklist. */
export interface ChecklistRequest {
  database: string;
  extension: string;
  from: string;
  to: string;
  /** Sign-offs to record with what the lines say now. */
  signOff: { line: string; by: string; note: string }[];
}

/** A line that the checklist does not have. */
export class NoSuchLine extends Error {
  override name = 'NoSuchLine';
}

/** Runs every line, records the sign-offs, and says where each line stands. @throws NoSuchLine */
export async function runChecklist(
  cluster: Cluster,
  postgres: number,
  request: ChecklistRequest,
  progress: (what: string) => void,
): Promise<ChecklistLine[]> {
  const { database, extension } = request;
  const unknown = request.signOff.find(({ line }) => !LINES.some(({ name }) => name === line));
  if (unknown)
    throw new NoSuchLine(
      `signOff: there is no line "${unknown.line}". Lines: ${LINES.map(({ name }) => name).join(', ')}. Nothing was recorded.`,
    );
  const live = await requireLive(cluster, database, extension);
  const goneFunctions = await Workshop.with(cluster, postgres, async (workshop) => {
    const [before, after] = [
      await workshop.functions(extension, request.from),
      await workshop.functions(extension, request.to),
    ];
    return before.filter((name) => !after.includes(name));
  });
  const judged = await withSql(cluster, { database }, async (sql) => {
    const all: (Judged & { name: string; title: string })[] = [];
    for (const { name, title, judge } of LINES) {
      progress(name);
      all.push({ name, title, ...(await judge({ sql, live, goneFunctions })) });
    }
    return all;
  });
  const signed = await record(cluster, request, judged);
  return judged.map((line) => ({
    ...line,
    ...outcome(
      line,
      signed.findLast((each) => each.line === line.name),
    ),
  }));
}

function outcome({ verdict }: Judged, signOff: SignOff | undefined): Pick<ChecklistLine, 'outcome' | 'signOff'> {
  if (verdict === 'passed') return { outcome: 'passed' };
  if (signOff) return { outcome: 'signed off', signOff };
  return { outcome: verdict === 'failed' ? 'failed' : 'needs sign-off' };
}

/** Adds the sign-offs to those on the host. The newest one of a line counts; one that stands there already is not added again. */
async function record(
  cluster: Cluster,
  request: ChecklistRequest,
  judged: (Judged & { name: string })[],
): Promise<SignOff[]> {
  const directory = `${cluster.entry.backupDirectory}/checklists`;
  const file = `${directory}/${encodeURIComponent(`${request.extension}-${request.from}-${request.to}-${request.database}`)}.json`;
  const user = cluster.entry.osUser;
  const known = (await exists(cluster.host, file, user))
    ? (JSON.parse(await readFile(cluster.host, file, user)) as SignOff[])
    : [];
  const same = (a: { line: string; by: string; note: string }) =>
    known.some(({ line, by, note }) => line === a.line && by === a.by && note === a.note);
  const added = request.signOff
    .filter((each) => !same(each))
    .map((each) => ({
      ...each,
      at: new Date().toISOString(),
      evidence: judged.find(({ name }) => name === each.line)!.evidence,
    }));
  if (added.length === 0) return known;
  await makeDirectory(cluster.host, cluster.entry.backupDirectory, user);
  await makeDirectory(cluster.host, directory, user);
  await writeFile(cluster.host, file, JSON.stringify([...known, ...added], null, 2), { user });
  return [...known, ...added];
}
