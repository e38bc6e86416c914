import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cancelJob, inspectJob, jobDirectory } from '../../../src/hosts/durable-job';
import { layout, workDirectory } from '../../../src/postgres/cluster';
import { withSql } from '../../../src/postgres/connection';
import { service } from '../../../src/postgres/service';
import type { JobEnd } from '../../../src/postgres/upgrade/jobs';
import { outage, OutageRolledBack } from '../../../src/postgres/upgrade/outage';
import { OUTAGE_EXIT, outageScript } from '../../../src/postgres/upgrade/outage-script';
import { PHASE_FILES } from '../../../src/postgres/upgrade/phase-files';
import { rehearse, RehearsalFailed } from '../../../src/postgres/upgrade/rehearsal';
import { UPGRADE_HBA } from '../../../src/postgres/upgrade/target';
import { PhaseLab } from '../../support/phase-lab';

let lab: PhaseLab;
beforeEach(async () => {
  lab = await PhaseLab.start(16);
});
afterEach(() => lab.stop());

describe.each(['copy', 'link'] as const)('a TERM while pg_upgrade runs, in mode %s', (mode) => {
  test('to the script alone: it puts the old server back, and nothing of it is left below /tmp', async () => {
    const { directory, record } = await lab.prepared(16, 17, mode);
    const ended = outage(lab.cluster, directory, record, 'outage', lab.run).catch((error: unknown) => error);
    const socket = await socketOfPgUpgrade('outage');
    execFileSync('pkill', ['-TERM', '-s', session('outage'), '-f', '^sh ./script']);
    const error = await ended;
    expect(error).toBeInstanceOf(OutageRolledBack);
    expect((error as Error).message).toContain('ended from outside: putting the old server back');
    expect(existsSync(socket)).toBe(false);
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1000);
  });

  test('to the whole job, pg_upgrade too: the servers that pg_upgrade left running make way for the old one', async () => {
    const { directory, record } = await lab.prepared(16, 17, mode);
    const ended = outage(lab.cluster, directory, record, 'outage', lab.run).catch((error: unknown) => error);
    const socket = await socketOfPgUpgrade('outage');
    execFileSync('pkill', ['-TERM', '-s', session('outage')]);
    const error = await ended;
    expect(error).toBeInstanceOf(OutageRolledBack);
    expect(existsSync(socket)).toBe(false);
    expect(await lab.serving()).toEqual([16]);
    expect(await lab.rows()).toBe(1000);
  });
});

test('a TERM to the whole job while the new server starts: it serves, for clients may have written to it', async () => {
  const { directory, record } = await lab.prepared(16, 17, 'copy');
  const script = outageScript({
    owner: lab.cluster.entry.osUser,
    from: layout(lab.cluster, 16),
    to: layout(lab.cluster, 17),
    mode: 'copy',
    superuser: record.superuser,
    hbaFile: `${directory}/${UPGRADE_HBA}`,
    openedFile: `${directory}/${PHASE_FILES.opened}`,
    stoppedFile: `${directory}/${PHASE_FILES.stopped}`,
    oldService: service(lab.cluster, 16),
    newService: slowToReturn(service(lab.cluster, 17)),
  });
  const ended = lab.run({ id: 'outage', script });
  await printed('outage', '@ start ');
  await until(async () => (await lab.serving()).includes(17));
  execFileSync('pkill', ['-TERM', '-s', session('outage'), '-f', 'script|pg_ctl|sleep']);
  expect(await ended).toMatchObject({ exitCode: OUTAGE_EXIT.served, output: expect.stringContaining('@ served ') });
  expect(await lab.serving()).toEqual([17]);
});

describe('a rehearsal leaves no server, no clone and no socket directory', () => {
  const clone = () => `${workDirectory(lab.cluster)}/rehearsal`;

  test('when it fails', async () => {
    await withSql(lab.cluster, {}, (sql) =>
      sql.query('create view public.trap as select buffers_backend from pg_stat_bgwriter'),
    );
    const { directory, record } = await lab.prepared(16, 17, 'copy');
    const failed = rehearse(lab.cluster, directory, record, 'rehearsal', lab.run).catch((error: unknown) => error);
    const sockets = await socketsOfRehearsal(clone());
    expect(await failed).toBeInstanceOf(RehearsalFailed);
    expect([...sockets, clone()].filter(existsSync)).toEqual([]);
    expect(await lab.serving()).toEqual([16]);
  });

  test('when it is cancelled, and the next one goes through', async () => {
    const { directory, record } = await lab.prepared(16, 17, 'copy');
    const failed = rehearse(lab.cluster, directory, record, 'rehearsal', lab.run).catch((error: unknown) => error);
    const sockets = await socketsOfRehearsal(clone());
    await cancelJob(lab.cluster.host, { id: 'rehearsal', user: lab.cluster.entry.osUser });
    expect(((await failed) as { end: JobEnd }).end.exitCode).toBeUndefined();
    expect([...sockets, clone()].filter(existsSync)).toEqual([]);
    expect(await lab.serving()).toEqual([16]);
    const again = await rehearse(lab.cluster, directory, record, 'rehearsal', lab.run);
    expect(again.outageMs).toBeGreaterThan(100);
    expect(existsSync(clone())).toBe(false);
  });
});

/** A start command that is still at work when the server serves already. */
function slowToReturn<S extends ReturnType<typeof service>>(real: S): S {
  const argv = ['sh', '-c', '"$@" && sleep 5', 'sh', ...real.start.argv];
  return { ...real, start: { ...real.start, argv } };
}

function session(id: string, user?: string): string {
  return readFileSync(`${jobDirectory(lab.cluster.host, { id, user })}/pid`, 'utf8').split(' ')[0];
}

async function printed(id: string, text: string): Promise<void> {
  await until(async () => {
    const status = await inspectJob(lab.cluster.host, { id });
    return status.state === 'running' && status.output.includes(text);
  });
}

/** Waits until pg_upgrade runs in the job's session. @returns the directory of its sockets */
async function socketOfPgUpgrade(id: string): Promise<string> {
  await printed(id, '@ upgrade ');
  let found: string | undefined;
  await until(async () => {
    const processes = execFileSync('pgrep', ['-a', '-s', session(id)], { encoding: 'utf8' });
    found = /pg_upgrade .*--socketdir=(\/tmp\/pgpassage\.\w+)/.exec(processes)?.[1];
    return found !== undefined && existsSync(`${layout(lab.cluster, 17).dataDirectory}/pg_upgrade_output.d`);
  });
  expect(existsSync(found!)).toBe(true);
  return found!;
}

/** Waits until pg_upgrade runs on the clone. @returns the directories that the rehearsal made below /tmp by then */
async function socketsOfRehearsal(clone: string): Promise<string[]> {
  const job = { id: 'rehearsal', user: lab.cluster.entry.osUser };
  await until(async () => {
    const status = await inspectJob(lab.cluster.host, job);
    return status.state === 'running' && status.output.includes('@ upgrade ');
  });
  let found: string[] = [];
  await until(async () => {
    const processes = execFileSync('pgrep', ['-a', '-s', session(job.id, job.user)], { encoding: 'utf8' });
    found = [...processes.matchAll(/--socketdir=(\/tmp\/pgpassage\.\w+)/g)].map(([, directory]) => directory);
    return found.length > 0;
  });
  const own = execFileSync('readlink', [`${clone}/s`], { encoding: 'utf8' }).trim();
  expect([own, found[0]].every((directory) => existsSync(directory))).toBe(true);
  return [own, found[0]];
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
