import { join } from 'node:path';
import { stopServers } from '../sandbox/stop-servers';
import { writeInventory } from '../sandbox/inventory';
import { asUser } from '../sandbox/os-user';
import { createServer, type SandboxServer } from '../sandbox/postgres-server';
import { clustersOf, type Clusters } from '../src/activities/clusters';
import type { PhaseRef } from '../src/migration/phase';
import { keepWal } from '../src/postgres/upgrade/backup';
import { openPhase } from '../src/postgres/upgrade/open-phase';
import { prepareTarget } from '../src/postgres/upgrade/target';
import type { OutageOptions } from './options';
import { runGroup } from './process-group';

/** One old cluster with data and its prepared target, which every contender gets afresh. */
export interface Stage {
  root: string;
  /** The old server. After an upgrade the new one answers at the same port with the same passwords. */
  server: SandboxServer;
  /** The inventory's clusters, as pgpassage is told of them. */
  clusters: Clusters;
  /** The upgrade, as pgpassage's activities are told of it. */
  phase: PhaseRef;
  options: OutageOptions;
}

/** The database that pgbench fills. */
export const DATABASE = 'pgbench';
const CLUSTER = 'bench';
const MIGRATION = 'outage';
const TEMPLATE = 'template';

/** Makes the stage below `root`. Nothing runs afterwards. */
export async function makeStage(root: string, options: OutageOptions, ending: AbortSignal): Promise<Stage> {
  const { from, to } = options;
  const server = await createServer({ version: from, root });
  const clusters = clustersOf(await writeInventory(server, CLUSTER));
  const directory = `${clusters.get(CLUSTER).entry.backupDirectory}/upgrade_${from}_to_${to}`;
  const stage = {
    root,
    server,
    clusters,
    phase: { cluster: CLUSTER, migration: MIGRATION, directory, from, to },
    options,
  };
  await server.start();
  await fill(stage, ending);
  await prepare(stage);
  await server.stop();
  await runGroup(['mkdir', join(root, TEMPLATE)], ending);
  await runGroup(['mv', '--', ...madeOf(stage.phase).map((name) => join(root, name)), join(root, TEMPLATE)], ending);
  return stage;
}

/** Names below the root of all that `makeStage` makes and an upgrade changes. */
function madeOf({ from, to }: PhaseRef): string[] {
  return [String(from), String(to), 'backups'];
}

async function fill({ server, options }: Stage, ending: AbortSignal): Promise<void> {
  await server.psql(`create database ${DATABASE}`);
  const { binDirectory, socketDirectory, port, osUser } = server;
  const where = [`--host=${socketDirectory}`, `--port=${port}`, '--username=postgres', DATABASE];
  const pgbench = [join(binDirectory, 'pgbench'), '--initialize', '--quiet', `--scale=${options.scale}`, ...where];
  await runGroup(asUser(osUser, pgbench), ending);
}

/** What pgpassage does before an outage and each contender needs: the others upgrade into the same target. */
async function prepare({ clusters, phase, options }: Stage): Promise<void> {
  const cluster = clusters.get(phase.cluster);
  const startedAt = new Date().toISOString();
  const beginning = { from: options.from, to: options.to, mode: 'link', migration: MIGRATION, startedAt } as const;
  const record = await openPhase(cluster, phase.directory, beginning);
  await keepWal(cluster, record.slot);
  await prepareTarget(cluster, phase.directory, phase, {});
}

/** Puts everything back as `makeStage` left it, by a fresh copy, and starts the old server. */
export async function restore(stage: Stage, ending: AbortSignal): Promise<void> {
  const { root, server, phase } = stage;
  await stopServers(root);
  const made = madeOf(phase);
  await runGroup(['rm', '-rf', '--', join(root, 'work'), ...made.map((name) => join(root, name))], ending);
  await runGroup(['cp', '-a', '--', ...made.map((name) => join(root, TEMPLATE, name)), root], ending);
  await server.start();
  // What is still to be written is written now, and not in somebody's outage.
  await runGroup(['sync'], ending);
}
