import { Client, Connection } from '@temporalio/client';
import { startTemporal } from '../../sandbox/temporal-server';
import { startWorker } from '../../sandbox/worker-process';
import type { Benchmark, BenchmarkOptions, Contender } from '../benchmark';
import { inRounds, outageText } from '../outage-text';
import type { Round } from '../rounds';
import { RATIO_METHOD, ratioTo, summaries } from '../summary';
import { migration } from './migration';

const NAMES = ['undisturbed', 'killed'] as const;
const PARTS = { stop: 'stop', upgrade: 'pg_upgrade checks', middle: '… upgrades', start: 'start' };

export const workerKill: Benchmark = {
  name: 'worker-kill',
  description:
    'Measures the outage of whole migrations, the worker left alone or killed and restarted while pg_upgrade runs.',
  defaults: { rounds: 6, scale: 10 },
  open,
  conclude,
};

async function open(): ReturnType<Benchmark['open']> {
  const temporal = await startTemporal();
  const connection = await Connection.connect({ address: temporal.address });
  const service = { client: new Client({ connection }), address: temporal.address };
  const contenders: Record<(typeof NAMES)[number], Contender> = {
    undisturbed: migration(service, async (worker) => worker),
    // As a supervisor does: dead, and at once another one.
    killed: migration(service, async (worker, { root, inventoryFile }) => {
      await worker.end('SIGKILL');
      return startWorker(root, inventoryFile, temporal.address);
    }),
  };
  const close = async (): Promise<void> => {
    await connection.close();
    await temporal.stop();
  };
  return { contenders, close };
}

function conclude(options: BenchmarkOptions, measured: Round[]): ReturnType<Benchmark['conclude']> {
  const { rounds, scale, from, to } = options;
  const contenders = summaries(NAMES, measured);
  const { ratio, spread } = ratioTo('undisturbed', 'killed', measured);
  const result = {
    ...{ rounds, scale, from, to, contenders },
    ratioToUndisturbed: ratio,
    ratioMethod: RATIO_METHOD,
    spread: { ratioToUndisturbed: spread },
  };
  const sentence = `With the worker killed the outage is ${ratio} of an undisturbed one (${inRounds(spread)}).`;
  return { result, text: outageText(options, contenders, PARTS, [sentence]) };
}
