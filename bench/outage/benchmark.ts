import type { Benchmark, BenchmarkOptions } from '../benchmark';
import { inRounds, outageText } from '../outage-text';
import type { Round } from '../rounds';
import { RATIO_METHOD, ratioTo, summaries } from '../summary';
import { floor, runbook } from './by-script';
import { pgpassage } from './pgpassage';
import { prepareUpgrade } from './prepare';

const CONTENDERS = { pgpassage, runbook, floor };
const PARTS = { stop: 'stop', check: 'check', upgrade: 'pg_upgrade', start: 'start' };

export const outage: Benchmark = {
  name: 'outage',
  description: "Measures the outage of one upgrade: pgpassage's, the document's runbook's, and the shortest possible.",
  defaults: { rounds: 5, scale: 50 },
  prepare: prepareUpgrade,
  open: async () => ({ contenders: CONTENDERS, close: async () => undefined }),
  conclude,
};

function conclude(options: BenchmarkOptions, measured: Round[]): ReturnType<Benchmark['conclude']> {
  const { rounds, scale, from, to } = options;
  const contenders = summaries(Object.keys(CONTENDERS), measured);
  const toRunbook = ratioTo('runbook', 'pgpassage', measured);
  const toFloor = ratioTo('floor', 'pgpassage', measured);
  const result = {
    ...{ rounds, scale, from, to, contenders },
    ratioToRunbook: toRunbook.ratio,
    ratioToFloor: toFloor.ratio,
    ratioMethod: RATIO_METHOD,
    spread: { ratioToRunbook: toRunbook.spread, ratioToFloor: toFloor.spread },
  };
  const sentence = `pgpassage needs ${toRunbook.ratio} of the runbook's outage (${inRounds(toRunbook.spread)}) and ${toFloor.ratio} of the floor's (${inRounds(toFloor.spread)}).`;
  return { result, text: outageText(options, contenders, PARTS, [sentence]) };
}
