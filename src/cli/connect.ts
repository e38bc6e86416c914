import { Client, Connection } from '@temporalio/client';
import { connectionSettings } from '../connection-settings';
import { DEFAULT_TASK_QUEUE } from '../migration/identity';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';

const CONNECT_TIMEOUT = '5s';

/** A watch that outlived an absence of Temporal goes on soon after it; the default may wait two minutes. */
const CHANNEL_ARGS = { 'grpc.max_reconnect_backoff_ms': 2_000 };

/** Options of every command that say which Temporal service is meant. */
export interface ConnectOptions {
  address?: string;
  namespace?: string;
  profile?: string;
}

/** A connection to the Temporal service, and where it leads. */
export interface Temporal {
  client: Client;
  address: string;
  namespace: string;
  taskQueue: string;
  /** Runs calls to the service that have to be answered within `ms` altogether. */
  within<T>(ms: number, calls: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Connects the Temporal way: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…, or a profile of the
 * configuration file; options win.
 * @throws CliError that names the address and how to set it.
 */
export async function connect(options: ConnectOptions): Promise<Temporal> {
  const { connectionOptions, namespace: configured } = settings(options.profile);
  const address = options.address ?? connectionOptions.address ?? 'localhost:7233';
  const namespace = options.namespace ?? configured ?? 'default';
  const connection = await reach(
    { ...connectionOptions, address, channelArgs: CHANNEL_ARGS, connectTimeout: CONNECT_TIMEOUT },
    namespace,
  );
  return {
    client: new Client({ connection, namespace }),
    address,
    namespace,
    taskQueue: process.env.PGPASSAGE_TASK_QUEUE || DEFAULT_TASK_QUEUE,
    within: (ms, calls) => connection.withDeadline(Date.now() + ms, calls),
    close: () => connection.close(),
  };
}

function settings(profile: string | undefined): ReturnType<typeof connectionSettings> {
  try {
    return connectionSettings(profile);
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message, { cause: error });
  }
}

type Options = NonNullable<Parameters<typeof Connection.connect>[0]>;

async function reach(options: Options, namespace: string): Promise<Connection> {
  try {
    return await Connection.connect(options);
  } catch (error) {
    throw new CliError(
      EXIT.unreachable,
      `Can't reach Temporal at ${options.address}, namespace ${namespace} (${(error as Error).message}). ` +
        'Nothing was asked of it; a migration under way goes on by itself. ' +
        'Set the address with TEMPORAL_ADDRESS, --address or a profile (--profile), and check that the service runs there.',
      { cause: error },
    );
  }
}
