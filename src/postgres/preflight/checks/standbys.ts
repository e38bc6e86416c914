import { output } from '../../../hosts/host';
import { layout, type Standby } from '../../cluster';
import type { Sql } from '../../connection';
import { lookAtStandby, type StandbyFacts } from '../../standby/look';
import { matchSenders, physicalSenders, type Sender } from '../../standby/senders';
import type { Check, Found, PreflightContext } from '../check';
import { checkContext } from '../context';
import { configuration } from './ports-and-directories';

const MAX_LAG_BYTES = 10 * 1024 * 1024;
/** A base backup that streams its WAL beside takes two. */
const SENDERS_OF_A_REBUILD = 2;

export const standbys: Check = {
  name: 'standbys',
  title: 'Every standby is known, streams from this primary and is not far behind',
  mechanism: 'a connection to each standby; catalog: pg_stat_replication',
  async run(context) {
    const asked = await Promise.all(context.cluster.standbys.map((standby) => ask(standby)));
    const there = asked.flatMap((answer) => ('facts' in answer ? [answer] : []));
    const gone = asked.flatMap((answer) => ('reason' in answer ? [unreachable(answer.standby, answer.reason)] : []));
    const [primary, senders] = await context.sql(undefined, async (sql) => [
      await readPrimary(sql),
      await physicalSenders(sql),
    ]);
    const facts = there.map((answer) => answer.facts);
    const { matched, strangers } = matchSenders(facts, senders);
    const known = await Promise.all(
      there.map(({ standby, facts }, index) => judge(context, standby, facts, matched[index], primary)),
    );
    // One that does not answer may stream all the same.
    const names = gone.length > 0 ? [] : strangers.map((sender) => stranger(sender));
    return [...gone, ...known.flat(), ...names, ...tooFewSenders(primary, context.cluster.standbys.length)];
  },
};

type Answer = { standby: Standby } & ({ facts: StandbyFacts } | { reason: string });

async function ask(standby: Standby): Promise<Answer> {
  try {
    return { standby, facts: await lookAtStandby(standby) };
  } catch (error) {
    return { standby, reason: (error as Error).message };
  }
}

interface Primary {
  systemIdentifier: string;
  position: string;
  maxSenders: number;
  senders: number;
}

async function readPrimary(sql: Sql): Promise<Primary> {
  const [row] = await sql.query<Primary & Record<string, unknown>>(
    `select system_identifier::text as "systemIdentifier", pg_current_wal_lsn()::text as position,
            current_setting('max_wal_senders')::int as "maxSenders", (select count(*)::int from pg_stat_replication) as senders
       from pg_control_system()`,
  );
  return row;
}

const wrong = (standby: Standby, seen: string, action: string): Found => ({
  ...{ severity: 'blocker', effect: 'breaks later', object: `standby ${standby.standby}` },
  ...{ seen, action },
});

function unreachable(standby: Standby, reason: string): Found {
  const { host, entry } = standby;
  return wrong(
    standby,
    `no answer from ${entry.admin.host}:${entry.port} as host ${host.name} sees it (${reason}), so it could not be rebuilt`,
    'Start it, correct its port or admin.host in the inventory, or take it out of there.',
  );
}

async function judge(
  context: PreflightContext,
  standby: Standby,
  facts: StandbyFacts,
  sender: Sender | undefined,
  primary: Primary,
): Promise<Found[]> {
  if (facts.systemIdentifier !== primary.systemIdentifier) {
    return [
      wrong(
        standby,
        `it is another cluster: system identifier ${facts.systemIdentifier}, the primary's is ${primary.systemIdentifier}`,
        'Correct its host and port in the inventory.',
      ),
    ];
  }
  if (!facts.inRecovery) {
    return [wrong(standby, 'it is no standby any more: it takes writes', 'See which of the two clients use.')];
  }
  return [
    ...(await misplaced(context, standby, facts)),
    ...streams(standby, facts, sender),
    ...(facts.replayPaused
      ? [wrong(standby, 'its replay is paused, so it would not reach the stop', 'select pg_wal_replay_resume().')]
      : []),
    ...(await lag(context, standby, facts, primary)),
  ];
}

async function misplaced({ from, to }: PreflightContext, standby: Standby, facts: StandbyFacts): Promise<Found[]> {
  const { dataDirectory: listed } = layout(standby, from.version);
  const argv = ['realpath', '-m', '--', facts.dataDirectory, listed];
  const [running, expected] = (await output(standby.host, { argv, user: standby.entry.osUser })).trim().split('\n');
  if (running === expected) return configuration(checkContext(standby, { from: from.version, to: to.version }));
  const seen = `its server runs on ${running}, and the inventory says ${expected}`;
  return [wrong(standby, seen, 'Correct its dataDirectory in the inventory.')];
}

function streams(standby: Standby, { receiver, sender }: StandbyFacts, seenByPrimary?: Sender): Found[] {
  if (receiver !== 'streaming') {
    const seen = `it does not stream (its WAL receiver is ${receiver ?? 'not running'})`;
    return [wrong(standby, seen, 'See its log for why, or take it out of the inventory.')];
  }
  if (seenByPrimary) return [];
  return [
    wrong(
      standby,
      `it streams from ${sender ?? 'somewhere'}, which is not this primary: only standbys of the primary itself are rebuilt`,
      'Let it stream from the primary, or take it out of the inventory and build it anew by hand afterwards.',
    ),
  ];
}

async function lag(
  context: PreflightContext,
  standby: Standby,
  { replayed, applyDelayMs }: StandbyFacts,
  { position }: Primary,
): Promise<Found[]> {
  const [row] = await context.sql(undefined, (sql) =>
    sql.query<{ bytes: string; pretty: string }>(
      'select greatest(pg_wal_lsn_diff($1, $2), 0)::text as bytes, pg_size_pretty(pg_wal_lsn_diff($1, $2)) as pretty',
      [position, replayed],
    ),
  );
  const delayed = applyDelayMs > 0 ? ` (recovery_min_apply_delay is ${applyDelayMs} ms)` : '';
  if (Number(row.bytes) <= MAX_LAG_BYTES && delayed === '') return [];
  return [
    {
      ...{ severity: 'warning', effect: 'costs time or space', object: `standby ${standby.standby}` },
      seen: `it has ${row.pretty} of WAL still to replay${delayed}: as a way back it would be behind`,
      action: 'Wait until it has caught up, or find out what holds it back (pg_stat_replication).',
    },
  ];
}

function stranger({ applicationName, client, slot }: Sender): Found {
  return {
    ...{ severity: 'blocker', effect: 'breaks later', object: `standby ${applicationName}`, judgement: true },
    seen:
      `it receives WAL from here (${client}${slot ? `, slot ${slot}` : ''}) and the inventory does not name it: after the phase ` +
      'it is orphaned, for it cannot follow the new system',
    action:
      "Add it to the cluster's standbys in the inventory, and the phase rebuilds it. For an archiver such as pg_receivewal, " +
      'or a standby that is rebuilt by hand, accept this check in the plan.',
  };
}

function tooFewSenders({ maxSenders, senders }: Primary, standbys: number): Found[] {
  const wanted = senders + SENDERS_OF_A_REBUILD;
  if (standbys === 0 || wanted <= maxSenders) return [];
  return [
    {
      ...{ severity: 'blocker', effect: 'breaks later', object: 'max_wal_senders', judgement: true },
      seen: `it is ${maxSenders}, ${senders} are in use, and rebuilding a standby takes ${SENDERS_OF_A_REBUILD} more`,
      action: `Give the plan the setting max_wal_senders = ${wanted} or more for this phase; then accept this check.`,
    },
  ];
}
