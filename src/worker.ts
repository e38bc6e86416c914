import { DefaultLogger, NativeConnection, Runtime, Worker, type LogEntry } from '@temporalio/worker';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { createActivities } from './activities';
import { clustersOf } from './activities/clusters';
import { connectionSettings, SettingsUnreadable } from './connection-settings';
import { closeConnections } from './hosts/ssh/connection';
import { InventoryError, loadInventory } from './inventory/load';
import { DEFAULT_TASK_QUEUE } from './migration/identity';

const DEFAULT_INVENTORY = '/etc/pgpassage/inventory.yaml';
const logger = pino(
  {
    name: 'pgpassage-worker',
    level: process.env.PGPASSAGE_LOG_LEVEL ?? 'info',
    // An error's message is none of its own enumerable properties.
    serializers: { error: pino.stdSerializers.err },
  },
  pino.destination(2),
);

/** Workflow code as bundled by the build; without a build (tests) the worker bundles it itself. */
function workflows(): { workflowBundle: { codePath: string } } | { workflowsPath: string } {
  const codePath = join(__dirname, '..', 'workflow-bundle.js');
  return existsSync(codePath) ? { workflowBundle: { codePath } } : { workflowsPath: require.resolve('./workflows') };
}

async function main(): Promise<void> {
  const inventoryFile = process.env.PGPASSAGE_INVENTORY ?? DEFAULT_INVENTORY;
  loadInventory(inventoryFile); // An inventory that can't be used is said now, not by the first migration.
  Runtime.install({ logger: new DefaultLogger('INFO', logEntry), shutdownSignals: ['SIGINT', 'SIGTERM', 'SIGHUP'] });
  const { namespace, connectionOptions } = connectionSettings();
  const connection = await connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace: namespace ?? 'default',
      taskQueue: process.env.PGPASSAGE_TASK_QUEUE ?? DEFAULT_TASK_QUEUE,
      ...workflows(),
      activities: createActivities(clustersOf(inventoryFile)),
      // Long jobs go on by themselves on their hosts; the next worker attaches to them.
      shutdownGraceTime: '2s',
      shutdownForceTime: '10s',
    });
    logger.info({ inventoryFile }, 'worker ready');
    await worker.run();
  } finally {
    await connection.close();
    await closeConnections();
  }
}

async function connect(options: Parameters<typeof NativeConnection.connect>[0]): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    const address = options?.address ?? 'localhost:7233';
    throw new Unreachable(
      `Can't reach Temporal at ${address} (${(error as Error).message}). Nothing was begun. Set the address with ` +
        'TEMPORAL_ADDRESS or a profile, check that the service runs there, and start the worker again.',
      { cause: error },
    );
  }
}

class Unreachable extends Error {}

/** Errors whose message says it all; of others the stack is needed. */
const PLAIN = [InventoryError, SettingsUnreadable, Unreachable];

function logEntry({ level, message, meta }: LogEntry): void {
  const method =
    level === 'TRACE'
      ? 'trace'
      : level === 'DEBUG'
        ? 'debug'
        : level === 'WARN'
          ? 'warn'
          : level === 'ERROR'
            ? 'error'
            : 'info';
  logger[method](meta ?? {}, message);
}

main().catch((error: Error) => {
  logger.fatal(PLAIN.some((kind) => error instanceof kind) ? error.message : error);
  process.exitCode = 1;
});
