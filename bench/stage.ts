import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stopServers } from '../sandbox/stop-servers';
import { writeInventory } from '../sandbox/inventory';
import { asUser } from '../sandbox/os-user';
import type { MajorVersion } from '../sandbox/parts';
import { createServer, type SandboxServer } from '../sandbox/postgres-server';
import { clustersOf, type Clusters } from '../src/activities/clusters';
import { runGroup } from './process-group';

/** What the stage is made of. */
export interface StageOptions {
  from: MajorVersion;
  to: MajorVersion;
  /** pgbench's scale: 100 000 rows each. */
  scale: number;
}

/** One old cluster with data, which every contender gets afresh. */
export interface Stage {
  root: string;
  /** The old server. After an upgrade the new one answers at the same port with the same passwords. */
  server: SandboxServer;
  inventoryFile: string;
  /** The inventory's clusters, as pgpassage is told of them. */
  clusters: Clusters;
  options: StageOptions;
}

/** The database that pgbench fills. */
export const DATABASE = 'pgbench';
/** The cluster's name in the inventory. */
export const CLUSTER = 'bench';
/** Where pgpassage works below the root. */
export const WORK = 'work';
const TEMPLATE = 'template';

/** Makes the stage below `root`, with what `prepare` adds to it. Nothing runs afterwards. */
export async function makeStage(
  root: string,
  options: StageOptions,
  ending: AbortSignal,
  prepare?: (stage: Stage) => Promise<void>,
): Promise<Stage> {
  const server = await createServer({ version: options.from, root });
  const inventoryFile = await writeInventory(server, CLUSTER);
  const stage = { root, server, inventoryFile, clusters: clustersOf(inventoryFile), options };
  await server.start();
  await fill(stage, ending);
  await prepare?.(stage);
  await server.stop();
  const made = changing(stage).filter(existsSync);
  await runGroup(['mkdir', join(root, TEMPLATE)], ending);
  await runGroup(['mv', '--', ...made, join(root, TEMPLATE)], ending);
  return stage;
}

/** Paths of all that `makeStage` may make and an upgrade changes. */
function changing({ root, options: { from, to } }: Stage): string[] {
  return [String(from), String(to), 'backups'].map((name) => join(root, name));
}

async function fill({ server, options }: Stage, ending: AbortSignal): Promise<void> {
  await server.psql(`create database ${DATABASE}`);
  const { binDirectory, socketDirectory, port, osUser } = server;
  const where = [`--host=${socketDirectory}`, `--port=${port}`, '--username=postgres', DATABASE];
  const pgbench = [join(binDirectory, 'pgbench'), '--initialize', '--quiet', `--scale=${options.scale}`, ...where];
  await runGroup(asUser(osUser, pgbench), ending);
}

/** Puts everything back as `makeStage` left it, by a fresh copy, and starts the old server. */
export async function restore(stage: Stage, ending: AbortSignal): Promise<void> {
  const { root, server } = stage;
  await stopServers(root);
  await runGroup(['rm', '-rf', '--', join(root, WORK), ...changing(stage)], ending);
  const made = readdirSync(join(root, TEMPLATE)).map((name) => join(root, TEMPLATE, name));
  await runGroup(['cp', '-a', '--', ...made, root], ending);
  await server.start();
  // What is still to be written is written now, and not in somebody's outage.
  await runGroup(['sync'], ending);
}
