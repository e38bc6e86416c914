import type { Check, Found, PreflightContext } from '../check';

interface Slot {
  slot_name: string;
  slot_type: 'logical' | 'physical';
  plugin: string | null;
  database: string | null;
  active: boolean;
  wal_status: string | null;
  behind: string | null;
}

/** pg_upgrade carries logical slots over from this version on. */
const CARRIED_FROM = 17;

export const replicationSlots: Check = {
  name: 'replication-slots',
  title: 'No replication slot is lost without somebody knowing',
  mechanism: 'catalog: pg_replication_slots; scratch server: plugins are loaded',
  async run(context) {
    const slots = await context.sql(undefined, (sql) =>
      sql.query<Slot & Record<string, unknown>>(
        `select slot_name, slot_type, plugin, database, active, wal_status,
                pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)) as behind
           from pg_replication_slots where not temporary order by slot_name`,
      ),
    );
    const findings = slots.map((slot) => (slot.slot_type === 'physical' ? physical(slot) : logical(context, slot)));
    const plugins = context.from.version >= CARRIED_FROM ? await pluginFindings(context, slots) : [];
    return [...findings, ...plugins];
  },
};

function base(slot: Slot): Pick<Found, 'object' | 'database'> {
  return { object: `replication slot ${slot.slot_name}`, database: slot.database ?? undefined };
}

function physical(slot: Slot): Found {
  return {
    ...{ severity: 'notice', effect: 'none', ...base(slot) },
    seen: `a physical slot${slot.active ? ' in use' : ''}: no version of pg_upgrade carries it over, and it is created again on the new server`,
    action: 'Nothing, where the inventory names the standby that uses it; anyone else has to be set up anew on it.',
  };
}

function logical({ from }: PreflightContext, slot: Slot): Found {
  if (from.version < CARRIED_FROM) {
    return {
      ...{ severity: 'blocker', effect: 'breaks later', judgement: true, version: from.version, ...base(slot) },
      seen: `a logical slot (${slot.plugin}): below 17 pg_upgrade loses it without a word, and its reader loses its place`,
      action:
        'Let the reader catch up, drop the slot, and create it again after the phase, before anything writes; or accept ' +
        'that its reader has to be set up anew.',
    };
  }
  if (slot.wal_status === 'lost') {
    return {
      ...{ severity: 'blocker', effect: 'ends the upgrade', ...base(slot) },
      seen: 'a logical slot that is invalid (wal_status lost): pg_upgrade refuses it',
      action: `Drop it: select pg_drop_replication_slot('${slot.slot_name}'), and set its reader up anew.`,
    };
  }
  if (!slot.active) {
    return {
      ...{ severity: 'blocker', effect: 'ends the upgrade', judgement: true, ...base(slot) },
      seen: `a logical slot that nobody reads, ${slot.behind} behind: pg_upgrade refuses one that is not caught up at the stop`,
      action: `Start its reader and let it catch up, or drop it: select pg_drop_replication_slot('${slot.slot_name}').`,
    };
  }
  return {
    ...{ severity: 'notice', effect: 'none', ...base(slot) },
    seen: `a logical slot in use (${slot.plugin}), ${slot.behind} behind; it is carried over if its reader has caught up at the stop`,
    action: 'Let its reader run until the stop.',
  };
}

async function pluginFindings(context: PreflightContext, slots: Slot[]): Promise<Found[]> {
  const plugins = [...new Set(slots.flatMap(({ plugin }) => plugin ?? []))];
  if (plugins.length === 0) return [];
  const scratch = await context.scratch();
  const errors = await scratch.loadErrors(plugins);
  return [...errors].map(([plugin, message]) => ({
    ...{
      severity: 'blocker',
      effect: 'ends the upgrade',
      object: `output plugin ${plugin}`,
      version: context.to.version,
    },
    seen: `the target version does not load it: ${message}`,
    action: `Install the package that brings ${plugin} for PostgreSQL ${context.to.version}, or drop the slots that use it.`,
  }));
}
