import { asPostgres } from '../sandbox/lab/cluster';
import type { Writers } from '../sandbox/writers';
import type { Arena } from './arena';
import type { Ended } from './attempt';

/** What an attempt left. */
export interface Held {
  missing: number;
  /** What did not hold; absent where everything did. */
  why?: string;
}

/** Looks at the cluster after an attempt: who serves, acknowledged rows, sums over tables, every page. */
export async function verify(arena: Arena, writers: Writers, ended: Ended): Promise<Held> {
  if (ended.stuck) return { missing: 0, why: `the migration did not come to an end: ${ended.said}` };
  const expected = ended.completed ? arena.next! : arena.version;
  try {
    const client = await arena.connect();
    const [{ version }] = (
      await client.query<{ version: number }>("select current_setting('server_version_num')::int / 10000 as version")
    ).rows;
    const { missing } = await writers.verify(client);
    const [sums] = (await client.query<{ balance: string; rows: string }>(SUMS)).rows;
    await client.end();
    const problems = [
      ...(version === expected ? [] : [`PostgreSQL ${version} serves instead of ${expected} (${ended.said})`]),
      ...(missing === 0 ? [] : [`${missing} acknowledged rows are missing (${ended.said})`]),
      ...(sums.balance === sums.rows ? [] : [`accounts hold ${sums.balance}, and ${sums.rows} rows were written`]),
      ...(await amcheck(arena, version)),
    ];
    return { missing, ...(problems.length > 0 && { why: problems.join('; ') }) };
  } catch (error) {
    return { missing: writers.status().acknowledged, why: `nothing serves: ${String(error)} (${ended.said})` };
  }
}

/** Each row that the writers commit adds one to one account, in the same commit. */
const SUMS = `select (select sum(abalance) from pgbench_accounts)::text as balance,
  (select count(*) from pgpassage_writes)::text as rows`;

async function amcheck({ host }: Arena, version: number): Promise<string[]> {
  try {
    await host.run(asPostgres(version, 'pg_amcheck', '--all', '--install-missing'));
    return [];
  } catch (error) {
    return [`pg_amcheck: ${String(error)}`];
  }
}
