import { clockSkew } from '../../../src/postgres/preflight/checks/clock-skew';
import { checkContext } from '../../../src/postgres/preflight/context';
import type { Cluster } from '../../../src/postgres/cluster';
import { runPreflight } from '../../../src/postgres/preflight/run';
import { LocalHost } from '../../../src/hosts/local-host';
import type { Command } from '../../../src/hosts/host';
import { clusterOf } from '../../support/cluster';
import { startServer } from './support';

let end: (() => Promise<void>) | undefined;
let cluster: Cluster;
beforeAll(async () => {
  const started = await startServer({ version: 16 });
  end = started.end;
  cluster = await clusterOf(started.server);
});
afterAll(() => end?.());

/** Stands in for a host with another clock: the machine that a test runs on has one clock only. */
class ShiftedHost extends LocalHost {
  constructor(private readonly seconds: number) {
    super('db2', cluster.host.workDirectory);
  }
  override run(command: Command): ReturnType<LocalHost['run']> {
    const shifted = ['date', '-d', `${this.seconds} seconds`, ...command.argv.slice(1)];
    return super.run(command.argv[0] === 'date' ? { ...command, argv: shifted } : command);
  }
}

const look = async (seconds: number, accept: string[] = []) => {
  const standby = { ...cluster, standby: 'db2', host: new ShiftedHost(seconds) };
  const context = checkContext({ ...cluster, standbys: [standby] }, { from: 16, to: 17 });
  return (await runPreflight(context, { checks: [clockSkew], accept })).results[0].findings;
};

test('clocks that agree are nothing to tell of', async () => {
  expect(await look(0)).toEqual([]);
  expect(await look(-3)).toEqual([]);
});

test('a standby’s clock that is off is named with how much and which way, and blocks beyond a minute', async () => {
  expect(await look(30)).toMatchObject([
    {
      severity: 'warning',
      object: 'db2',
      seen: expect.stringMatching(/^its clock is (29|30) s ahead of the worker's/),
    },
  ]);
  expect(await look(-3600)).toMatchObject([
    { severity: 'blocker', object: 'db2', seen: expect.stringMatching(/^its clock is 3600 s behind the worker's/) },
  ]);
  expect(await look(-3600, ['clock-skew'])).toMatchObject([{ severity: 'warning', accepted: true }]);
});
