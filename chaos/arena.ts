import { Client as TemporalClient, Connection } from '@temporalio/client';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../sandbox/free-port';
import { asPostgres, makeCluster, writeLabInventory, type LabCluster } from '../sandbox/lab/cluster';
import type { LabHost } from '../sandbox/lab/host';
import type { Lab } from '../sandbox/lab/lab';
import { LAB_DIRECTORY } from '../sandbox/lab/names';
import type { MajorVersion } from '../sandbox/parts';
import { startTemporal, type TemporalServer } from '../sandbox/temporal-server';
import { WorkerProcess } from './worker-process';
import type { Reached } from './worker';

const FIRST: MajorVersion = 15;
const LAST: MajorVersion = 18;
/** What someone who looks after the host would do within a while, and no sooner than pgpassage itself. */
const OPERATOR_WAITS_MS = 1_000;
const OPERATOR_TRIES = 5;

/** All that the migrations under one fault need: a host with a cluster, a Temporal service and a worker of its own. */
export class Arena {
  private constructor(
    readonly host: LabHost,
    private readonly lab: Lab,
    private readonly temporalOptions: { port: number; dbFilename: string },
    private temporal: TemporalServer,
    readonly client: TemporalClient,
  ) {}

  cluster!: LabCluster;
  worker!: WorkerProcess;
  /** The version that served when the running attempt began. */
  version: MajorVersion = FIRST;
  /** The version that a person on duty would start. */
  serving: MajorVersion = FIRST;
  reached: (point: Reached) => Promise<void> = () => Promise.resolve();

  static async open(lab: Lab, host: LabHost): Promise<Arena> {
    const options = { port: await freePort(), dbFilename: join(LAB_DIRECTORY, `${host.name}.temporal`) };
    const temporal = await startTemporal(options);
    const connection = await Connection.connect({ address: temporal.address });
    return new Arena(host, lab, options, temporal, new TemporalClient({ connection }));
  }

  /** Makes the cluster anew on 15, and the worker. @param times how often the worker does each activity. */
  async reset(times: number): Promise<void> {
    await this.worker?.kill();
    this.version = FIRST;
    this.cluster = await makeCluster(this.host, FIRST);
    await this.host.run(asPostgres(FIRST, 'pgbench', '--initialize', '--quiet', '--scale=1', 'postgres'));
    const inventory = writeLabInventory(this.lab, { [this.host.name]: this.cluster });
    const logFile = join(LAB_DIRECTORY, `${this.host.name}.worker.log`);
    this.worker = new WorkerProcess({ temporalAddress: this.temporal.address, inventory, logFile, times }, (point) =>
      this.reached(point),
    );
    this.worker.start();
  }

  /** The next version, or undefined at the last one. */
  get next(): MajorVersion | undefined {
    return this.version === LAST ? undefined : ((this.version + 1) as MajorVersion);
  }

  async killTemporal(): Promise<void> {
    process.kill(this.temporal.pid, 'SIGKILL');
    await this.temporal.stop(); // waits for its end
    this.temporal = await startTemporal(this.temporalOptions);
  }

  /** Starts the server unless one runs, as a person on duty does: again when it did not start, and not for ever. */
  async operatorStarts(version: MajorVersion): Promise<void> {
    const start = `pg_lsclusters --no-header | grep -q ' online' || systemctl restart postgresql@"$1"-main`;
    for (let left = OPERATOR_TRIES; ; left -= 1) {
      await sleep(OPERATOR_WAITS_MS);
      try {
        await this.host.run(['sh', '-c', start, 'sh', String(version)]);
        return;
      } catch (error) {
        if (left === 1) throw error;
      }
    }
  }

  /** Connects to whatever serves. @throws after `withinMs` without an answer. */
  async connect(withinMs = 60_000): Promise<Client> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const client = new Client({ ...this.cluster.connection, connectionTimeoutMillis: 2_000 });
      client.on('error', () => undefined); // the next query tells
      try {
        await client.connect();
        return client;
      } catch (error) {
        await client.end().catch(() => undefined); // it never began
        if (Date.now() > deadline) throw error;
        await sleep(200);
      }
    }
  }

  async close(): Promise<void> {
    await this.worker?.kill();
    await this.client.connection.close();
    await this.temporal.stop();
  }
}
