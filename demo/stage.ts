import { join } from 'node:path';
import { run } from '../sandbox/command';
import { versionsDirectory, writeInventory } from '../sandbox/inventory';
import { parts } from '../sandbox/parts';
import { createServer, type SandboxServer } from '../sandbox/postgres-server';
import { MAIN_DATABASE, SEED_HBA, SEED_SETTINGS, seed } from '../sandbox/seed/seed';
import { startTemporal, type TemporalServer } from '../sandbox/temporal-server';
import { startWriters, type Writers } from '../sandbox/writers';
import type { Temporal } from '../src/cli/connect';
import { span } from '../src/report/wording';
import { describeProcess } from '../sandbox/processes';
import { addProcess } from './state-file';
import { connectTo, untilWorker } from './temporal';
import { startWorker, type WorkerProcess } from '../sandbox/worker-process';

/** All that the migration needs, running. */
export interface Stage {
  directory: string;
  server: SandboxServer;
  writers: Writers;
  temporalServer: TemporalServer;
  temporal: Temporal;
  worker: WorkerProcess;
}

/** Name of the cluster in the inventory. */
export const CLUSTER = 'demo';

/** The role that writes: it owns the database. */
export const WRITER = 'cluster_app';

/** What `setTheStage` goes by. */
export interface StageOptions {
  directory: string;
  rows: number;
  /** Aborted when the demo is being ended: nothing more is started then. */
  ending: AbortSignal;
  say(line: string): void;
}

/** Starts everything but the migration: parts, Temporal, the cluster with its data, the worker, the writers. */
export async function setTheStage(options: StageOptions): Promise<Stage> {
  const { directory, ending, say } = options;
  const step = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    ending.throwIfAborted();
    const began = performance.now();
    const result = await work();
    say(`  ${what} (${span(performance.now() - began)})`);
    return result;
  };
  // The last part of the build takes one core's time, while the other's goes into all that comes before the worker.
  const bundled = step('the workflows are bundled', bundleWorkflows);
  bundled.catch(() => undefined); // it is awaited below
  await step('parts are there', parts);
  // Ending the demo, which may be asked for at any moment, finds the programs there.
  await versionsDirectory(directory);
  const [temporalServer, server] = await Promise.all([
    step('Temporal runs', () => startTemporalFor(directory)),
    startCluster(options, step),
    bundled,
  ]);
  say(`  Temporal UI: ${temporalServer.uiUrl}`);
  const temporal = await connectTo(temporalServer.address);
  const worker = await step('the worker runs', () => startWorkerFor(directory, server, temporal));
  const writers = await step('clients write', () => startWritersFor(server));
  return { directory, server, writers, temporalServer, temporal, worker };
}

async function bundleWorkflows(): Promise<void> {
  await run([process.execPath, join(__dirname, '..', 'scripts', 'bundle-workflows.js')]);
}

type Step = <T>(what: string, work: () => Promise<T>) => Promise<T>;

async function startCluster({ directory, rows }: StageOptions, step: Step): Promise<SandboxServer> {
  const server = await step('a PostgreSQL 15 cluster is made', () =>
    createServer({ version: 15, root: directory, settings: SEED_SETTINGS, hba: SEED_HBA }),
  );
  await step(`it runs on port ${server.port}`, () => server.start());
  await step('it holds the data', () => seed(server, { rows }));
  return server;
}

async function startTemporalFor(directory: string): Promise<TemporalServer> {
  const server = await startTemporal({ logFile: join(directory, 'temporal.log') });
  addProcess(directory, await describeProcess('Temporal', server.pid));
  return server;
}

async function startWorkerFor(directory: string, server: SandboxServer, temporal: Temporal): Promise<WorkerProcess> {
  const worker = startWorker(directory, await writeInventory(server, CLUSTER), temporal.address);
  addProcess(directory, await describeProcess('the worker', worker.pid));
  await Promise.race([untilWorker(temporal), worker.ended]);
  return worker;
}

function startWritersFor({ port, passwords }: SandboxServer): Promise<Writers> {
  const connection = { host: '127.0.0.1', port, user: WRITER, password: passwords[WRITER], database: MAIN_DATABASE };
  // Enough to notice every outage, and little enough to leave two cores to the migration.
  return startWriters({ connection, writers: 2, intervalMs: 20 });
}
