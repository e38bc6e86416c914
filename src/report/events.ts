import type { PhaseProgress, Progress } from '../migration/progress';
import { nextCommands } from './next-command';
import { visible } from './text-wrap';
import { moment, span } from './wording';

/**
 * What happened between two looks at a migration, one line each, for logs and pipes where nothing can be redrawn.
 * Without an earlier look: everything so far.
 */
export function events(before: Progress | undefined, after: Progress, now: number): string[] {
  const logged = after.log.slice(before?.log.length ?? 0).map(({ at, text }) => `${moment(at)}  ${text}`);
  const phases = after.phases.flatMap((phase) => phaseEvents(find(before, phase), phase));
  const status = before?.status === after.status ? [] : [`${after.cluster}: ${after.status}`, ...next(after, now)];
  return [...logged, ...phases, ...status].map(visible);
}

function next(progress: Progress, now: number): string[] {
  return nextCommands(progress, now).map((command) => `    ${command}`);
}

function find(before: Progress | undefined, { name }: PhaseProgress): PhaseProgress | undefined {
  return before?.phases.find((phase) => phase.name === name);
}

function phaseEvents(before: PhaseProgress | undefined, after: PhaseProgress): string[] {
  return [...steps(before, after), ...alarms(before, after), ...decision(before, after)];
}

function steps(before: PhaseProgress | undefined, after: PhaseProgress): string[] {
  return after.steps
    .filter((step, index) => step.state !== 'running' && before?.steps[index]?.state !== step.state)
    .map(({ name, state, durationMs, detail }) =>
      [
        `${after.name} ${name}: ${state}`,
        durationMs === undefined ? '' : ` in ${span(durationMs)}`,
        detail ? ` (${detail})` : '',
      ].join(''),
    );
}

function alarms(before: PhaseProgress | undefined, after: PhaseProgress): string[] {
  const standing = (phase?: PhaseProgress): string[] => (phase?.gate?.alarms ?? []).map(({ name }) => name);
  const [earlier, now] = [standing(before), standing(after)];
  const raised = (after.gate?.alarms ?? []).filter(({ name }) => !earlier.includes(name));
  return [
    ...raised.map(({ name, detail }) => `${after.name} ALARM ${name}: ${detail}`),
    ...earlier.filter((name) => !now.includes(name)).map((name) => `${after.name} alarm ${name} is over`),
  ];
}

function decision(before: PhaseProgress | undefined, after: PhaseProgress): string[] {
  const made = after.gate?.decision;
  if (!made || before?.gate?.decision?.kind === made.kind) return [];
  return [`${after.name} ${made.kind} by ${made.by}${made.note ? `: ${made.note}` : ''}`];
}
