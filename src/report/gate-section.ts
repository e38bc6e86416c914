import type { GateProgress, PhaseProgress } from '../migration/progress';
import { facts, section, type Entry, type Section } from './document';
import { moment } from './wording';

/** The gate after a phase: how long it was watched, which alarms were raised, and who decided on which evidence. */
export function gateSection({ gate }: PhaseProgress): Section[] {
  if (!gate) return [];
  return section('Gate and approval', [{ kind: 'entries', entries: [decision(gate), watch(gate), ...alarms(gate)] }]);
}

function decision(gate: GateProgress): Entry {
  const { decision } = gate;
  if (!decision) return { title: gate.needsApproval ? 'Not decided: an approval is needed' : 'Not decided', facts: [] };
  return {
    title: `${decision.kind} by ${decision.by}`,
    facts: facts({
      when: moment(decision.at),
      note: decision.note,
      evidence: gate.evidence,
      'alarms accepted': decision.acceptedAlarms?.join(', '),
    }),
  };
}

function watch(gate: GateProgress): Entry {
  return {
    title: 'Soak',
    facts: facts({
      'opened at': moment(gate.openedAt),
      'soak until': moment(gate.soakEndsAt),
      'last checked at': gate.lastCheckedAt === undefined ? undefined : moment(gate.lastCheckedAt),
      'alarms ever raised': gate.raised.join(', ') || 'none',
      'not watched': gate.unwatched?.map(({ name, detail }) => `${name}: ${detail}`).join('; '),
    }),
  };
}

function alarms(gate: GateProgress): Entry[] {
  return gate.alarms.map((alarm) => ({
    title: `Alarm ${alarm.name}`,
    facts: facts({ severity: alarm.severity, since: moment(alarm.since), seen: alarm.detail }),
  }));
}
