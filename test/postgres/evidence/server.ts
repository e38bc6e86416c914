import { createServer, type SandboxServer } from '../../../sandbox/postgres-server';
import type { MajorVersion } from '../../../sandbox/parts';
import { SEED_HBA } from '../../../sandbox/seed/seed';
import { type TemporaryRoot, temporaryRoot } from '../../../sandbox/temporary-root';
import type { Cluster } from '../../../src/postgres/cluster';
import { clusterOf } from '../../support/cluster';
import { TEST_SETTINGS } from './upgrade';

/** A running server with a root of its own, and the cluster that the inventory would describe it as. */
export interface TestServer {
  server: SandboxServer;
  cluster: Cluster;
  /** Stops it and removes its files. */
  end(): Promise<void>;
}

/** Starts a server that nothing is in yet. */
export async function startServer(version: MajorVersion): Promise<TestServer> {
  const root: TemporaryRoot = await temporaryRoot();
  const server = await createServer({ version, root: root.path, settings: TEST_SETTINGS, hba: SEED_HBA });
  await server.start();
  const end = async (): Promise<void> => {
    await server.stop('immediate');
    await root.remove();
  };
  return { server, cluster: await clusterOf(server), end };
}
