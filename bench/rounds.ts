import type { Contender } from './benchmark';
import { measure, type Measured } from './measure';
import type { Stage } from './stage';

/** What every contender needed in one round. */
export type Round = Record<string, Measured>;

/**
 * Measures each contender once a round, another one first each time. The first round is to warm up and not returned.
 * @param count rounds that are returned.
 */
export async function measureRounds(
  stage: Stage,
  contenders: Record<string, Contender>,
  count: number,
  ending: AbortSignal,
  said: (round: number, name: string, measured: Measured) => void,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (let round = 0; round <= count; round++) {
    const measured: Round = {};
    for (const name of orderOf(round, Object.keys(contenders))) {
      measured[name] = await measure(stage, contenders[name], ending);
      said(round, name, measured[name]);
    }
    if (round > 0) rounds.push(measured);
  }
  return rounds;
}

/** A B C, B C A, C A B, and again. */
function orderOf(round: number, names: string[]): string[] {
  const first = round % names.length;
  return [...names.slice(first), ...names.slice(0, first)];
}
