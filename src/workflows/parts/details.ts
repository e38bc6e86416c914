import type { GateProgress, PhaseProgress, Progress } from '../../migration/progress';

/** The migration as Markdown for the Temporal UI's current details: where it stands, what to do next, what it would lose. */
export function details(progress: Progress): string {
  const current = progress.phases.find((phase) => phase.state === 'running' || phase.state === 'soaking');
  return [
    `**${progress.status}**`,
    `Next: ${progress.next}`,
    table(progress.phases),
    ...(current?.gate ? [gate(current.gate)] : []),
    ...(current?.gate && !current.gate.decision ? [signals(current, current.gate)] : []),
    ...(current?.ledger ? [way(current)] : []),
  ].join('\n\n');
}

function table(phases: PhaseProgress[]): string {
  const rows = phases.map(
    (phase) =>
      `| ${phase.from} → ${phase.to} | ${phase.state} | ${phase.mode ?? ''} | ${ms(phase.predictedOutageMs)} | ${ms(phase.outageMs)} | ${phase.checks.passed} / ${phase.checks.failed} |`,
  );
  return [
    '| phase | state | mode | outage predicted | measured | checks passed / failed |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function ms(value: number | undefined): string {
  return value === undefined ? '' : `${(value / 1000).toFixed(2)} s`;
}

function gate(state: GateProgress): string {
  const alarms = state.alarms.map((alarm) => `- ALARM ${alarm.name}: ${alarm.detail}`);
  const unwatched = (state.unwatched ?? []).map(({ name, detail }) => `- NOT WATCHED ${name}: ${detail}`);
  const soak = `Soak until ${new Date(state.soakEndsAt).toISOString()}, evidence ${state.evidence}.`;
  return [soak, ...alarms, ...unwatched].join('\n');
}

/** What to send by hand: UI, More Actions, Send a Signal. */
function signals({ name, ledger }: PhaseProgress, { soakEndsAt, evidence, alarms }: GateProgress): string {
  const approve = {
    phase: name,
    by: 'YOUR NAME',
    evidence,
    ...(alarms.length > 0 && { acceptAlarms: alarms.map((alarm) => alarm.name) }),
    ...(Date.now() < soakEndsAt && { early: true }),
  };
  return [
    'Signals (More Actions, Send a Signal):',
    `- \`approve\` with \`${JSON.stringify(approve)}\``,
    `- \`reject\` with \`${JSON.stringify({ phase: name, by: 'YOUR NAME', reason: 'WHY' })}\``,
    `- \`rollback\` with \`${JSON.stringify({ by: 'YOUR NAME', accept: [ledger?.loss] })}\``,
  ].join('\n');
}

function way(phase: PhaseProgress): string {
  const entry = phase.ledger!.entries[phase.outageMs === undefined ? 0 : 2];
  return `Way back: ${entry.how}. Loses: ${entry.loses || 'nothing'}. Point of no return: ${phase.ledger!.pointOfNoReturn}.`;
}
