import { CONTENDERS, type Contender, type ContenderName } from './contender';
import { floor, runbook } from './by-script';
import { measure, type Measured } from './measure';
import { pgpassage } from './pgpassage';
import type { Stage } from './stage';

/** What every contender needed in one round. */
export type Round = Record<ContenderName, Measured>;

const RUN: Record<ContenderName, Contender> = { pgpassage, runbook, floor };

/** Measures each contender once a round, another one first each time. The first round is to warm up and not returned. */
export async function measureRounds(
  stage: Stage,
  ending: AbortSignal,
  said: (round: number, name: ContenderName, measured: Measured) => void,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round <= stage.options.rounds; round++) {
    const measured: Partial<Round> = {};
    for (const name of orderOf(round)) {
      measured[name] = await measure(stage, RUN[name], ending);
      said(round, name, measured[name]);
    }
    if (round > 0) rounds.push(measured as Round);
  }
  return rounds;
}

/** A B C, B C A, C A B, and again. */
function orderOf(round: number): ContenderName[] {
  const first = round % CONTENDERS.length;
  return [...CONTENDERS.slice(first), ...CONTENDERS.slice(0, first)];
}
