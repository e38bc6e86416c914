import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import type { Temporal } from '../src/cli/connect';
import { workerPresent } from '../src/cli/worker-present';
import { DEFAULT_TASK_QUEUE } from '../src/migration/identity';

const LOOK_EVERY_MS = 100;
const WORKER_WITHIN_MS = 30_000;

/** Connects to the demo's own Temporal, whatever the environment says of others. */
export async function connectTo(address: string): Promise<Temporal> {
  const connection = await Connection.connect({ address });
  return {
    client: new Client({ connection }),
    address,
    namespace: 'default',
    taskQueue: DEFAULT_TASK_QUEUE,
    within: (ms, calls) => connection.withDeadline(Date.now() + ms, calls),
    close: () => connection.close(),
  };
}

/** Waits until a worker asks for work. */
export async function untilWorker(temporal: Temporal): Promise<void> {
  const deadline = Date.now() + WORKER_WITHIN_MS;
  while (!(await workerPresent(temporal))) {
    if (Date.now() > deadline) throw new Error(`No worker came within ${WORKER_WITHIN_MS} ms.`);
    await sleep(LOOK_EVERY_MS);
  }
}
