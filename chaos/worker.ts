import { Context } from '@temporalio/activity';
import { NativeConnection, Worker, type ActivityInboundCallsInterceptor } from '@temporalio/worker';
import { join } from 'node:path';
import { createActivities } from '../src/activities';
import { clustersOf } from '../src/activities/clusters';
import { DEFAULT_TASK_QUEUE } from '../src/migration/identity';

/** What the worker tells its parent, and waits for the answer to. */
export interface Reached {
  /** Goes back with the answer: activities may run side by side. */
  id: number;
  step: string;
  /** From 1. */
  attempt: number;
  when: 'before' | 'after';
}

const HEARTBEAT_MS = 1_000;

/** pgpassage's worker, which stops before and after every activity until the process that started it says go on. */
async function main(): Promise<void> {
  const { TEMPORAL_ADDRESS: address, PGPASSAGE_INVENTORY: inventory, CHAOS_TIMES: times } = process.env;
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    taskQueue: DEFAULT_TASK_QUEUE,
    workflowBundle: { codePath: join(__dirname, '..', 'workflow-bundle.js') },
    activities: createActivities(clustersOf(inventory!)),
    interceptors: { activity: [() => ({ inbound: stopping(Number(times)) })] },
  });
  process.on('disconnect', () => process.exit(1)); // nobody is there any more to say go on
  await worker.run();
}

/** @param times how often each activity does its work: two of them have to be the same as one. */
function stopping(times: number): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      await reached('before');
      let result = await next(input);
      for (let time = 1; time < times; time += 1) result = await next(input);
      await reached('after');
      return result;
    },
  };
}

const waiting = new Map<number, () => void>();
let lastId = 0;
process.on('message', (id: number) => waiting.get(id)?.());

/** Tells the parent, and waits for its word with the heart beating. */
async function reached(when: Reached['when']): Promise<void> {
  const { activityType: step, attempt } = Context.current().info;
  const id = (lastId += 1);
  const beating = setInterval(() => Context.current().heartbeat(`chaos: ${when}`), HEARTBEAT_MS);
  await new Promise<void>((resolve) => {
    waiting.set(id, resolve);
    process.send!({ id, step, attempt, when } satisfies Reached);
  });
  waiting.delete(id);
  clearInterval(beating);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
