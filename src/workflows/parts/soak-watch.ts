import type { PhaseProgress } from '../../migration/progress';
import {
  initialSoakState,
  judge,
  type Alarm,
  type Problem,
  type SoakSample,
  type SoakState,
} from '../../migration/soak';
import { again, type OpenStep } from './after-outage';
import { reason } from './failures';
import type { Migration } from './migration';
import { phaseRef, phaseRun } from './phase-run';
import { sample } from './sample';

/** What the watch knows; plain data, so that the run which continues this one goes on from it. */
export interface WatchMemory {
  open: OpenStep[];
  soak: SoakState;
  cursor?: SoakSample['cursor'];
}

/** What a phase hands to the watch. `baseline`: the cluster before the outage, which the soak compares with. */
export function watchMemory(open: OpenStep[], baseline?: SoakSample): WatchMemory {
  return { open, soak: initialSoakState(baseline ? [baseline] : []), cursor: baseline?.cursor };
}

/** The looks at the cluster during a soak, and at what is still open from the phase. */
export class SoakWatch {
  constructor(
    private readonly migration: Migration,
    private readonly phase: PhaseProgress,
    readonly memory: WatchMemory,
  ) {}

  /** Looks once. @returns the alarms that stand now, and what could not be looked at. */
  async look(): Promise<{ alarms: Alarm[]; unwatched: Problem[] }> {
    await this.tryOpenSteps();
    const seen = await this.sample();
    const judged = judge(this.memory.soak, seen, this.migration.input.thresholds);
    this.memory.soak = judged.state;
    this.memory.cursor = seen.cursor;
    return { alarms: [...this.lasting(), ...judged.alarms], unwatched: seen.unwatched ?? [] };
  }

  private async tryOpenSteps(): Promise<void> {
    const { migration, phase, memory } = this;
    const run = { ...phaseRun(migration, phase), ref: phaseRef(migration, phase) };
    for (const step of [...memory.open]) {
      try {
        await again(run, step.name);
        memory.open.splice(memory.open.indexOf(step), 1);
        migration.note(`${step.name} succeeded at last`);
      } catch (error) {
        step.detail = reason(error);
      }
    }
  }

  private async sample(): Promise<SoakSample> {
    const { migration, phase, memory } = this;
    try {
      return await sample('once', `${phase.to}: soak checks`, migration.input, phase.to, memory.cursor);
    } catch (error) {
      const problems = [{ name: 'not-watched', detail: reason(error) }];
      return { at: Date.now(), measures: {}, problems, cursor: memory.cursor };
    }
  }

  /** Alarms that do not come from the samples: open steps, and what the comparison found lost. */
  private lasting(): Alarm[] {
    const since = this.phase.gate!.openedAt;
    const open = this.memory.open.map(({ name, detail }) => ({ name, detail, since, severity: 'warning' as const }));
    const { differences } = this.phase;
    if (differences.length === 0) return open;
    const detail = differences.map(({ check, seen }) => `${check}: ${seen}`).join('; ');
    return [...open, { name: 'comparison', severity: 'critical', since, detail }];
  }
}
