import { stopServers } from '../sandbox/stop-servers';
import type { Mark } from '../src/postgres/upgrade/outage-script';
import type { Contender } from './benchmark';
import { startProbe } from './probe';
import { DATABASE, restore, type Stage } from './stage';

/** One outage. */
export interface Measured {
  /** From the last answer before the stop to the first one after it, by the client's clock. */
  ms: number;
  /** The parts of it in their order, as the contender marked them on the host. */
  parts: Record<string, number>;
}

/** Gives the contender a fresh copy of the cluster, and measures the outage of its upgrade. */
export async function measure(stage: Stage, contender: Contender, ending: AbortSignal): Promise<Measured> {
  await restore(stage, ending);
  const probe = await startProbe(stage.server);
  try {
    ending.throwIfAborted();
    const marks = await contender(stage, ending);
    const { ms } = await probe.outage();
    await assertUpgraded(stage);
    return { ms, parts: partsOf(marks) };
  } finally {
    await probe.stop();
    await stopServers(stage.root);
  }
}

/** How long each part took: up to the next one's mark. */
function partsOf(marks: Mark[]): Record<string, number> {
  return Object.fromEntries(marks.slice(0, -1).map(({ name, at }, index) => [name, marks[index + 1].at - at]));
}

async function assertUpgraded({ server, options }: Stage): Promise<void> {
  const client = await server.connect(DATABASE);
  try {
    const question = 'select current_setting($1)::int / 10000 as version, count(*)::int as rows from pgbench_branches';
    const [{ version, rows }] = (await client.query(question, ['server_version_num'])).rows;
    if (version === options.to && rows === options.scale) return;
    throw new Error(
      `PostgreSQL ${version} serves with ${rows} branches instead of ${options.to} with ${options.scale}.`,
    );
  } finally {
    await client.end();
  }
}
