import { mkdtempSync, readFileSync, rmSync, chmodSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { cancelJob, forgetJob, inspectJob, jobDirectory, runJob, startJob } from '../../src/hosts/durable-job';
import { REFUGE_SCRIPT } from '../../src/hosts/durable-job-scripts';
import type { Command, Host } from '../../src/hosts/host';
import { LocalHost } from '../../src/hosts/local-host';
import { SshHost } from '../../src/hosts/ssh-host';
import { closeConnections } from '../../src/hosts/ssh/connection';
import { Sshd } from '../support/sshd';
import { until } from '../support/until';

const root = mkdtempSync('/tmp/pgp-job-');
chmodSync(root, 0o755);
let sshd: Sshd;
beforeAll(async () => {
  sshd = await Sshd.start();
});
afterAll(async () => {
  await closeConnections();
  sshd.stop();
  rmSync(root, { recursive: true, force: true });
});

describe.each([
  { way: 'local', reach: (): Host => new LocalHost('here', `${root}/local`) },
  { way: 'ssh', reach: (): Host => new SshHost(sshd.settings(), `${root}/ssh`) },
])('on a host reached by $way', ({ way, reach }) => {
  let host: Host;
  beforeAll(() => {
    host = reach();
  });

  test('a job that is started twice at once runs once', async () => {
    const job = { id: 'once', script: `echo ran >>${root}/${way}-count; sleep 0.3` };
    await Promise.all([startJob(host, job), startJob(host, job), startJob(host, job)]);
    await Promise.all([runJob(host, job), runJob(host, job)]);
    expect(readFileSync(`${root}/${way}-count`, 'utf8')).toBe('ran\n');
  });

  test('its exit code and output are there for whoever attaches later', async () => {
    const job = { id: 'fails', script: 'echo seen; exit 7' };
    expect(await runJob(host, job)).toEqual({ state: 'finished', exitCode: 7, output: 'seen\n' });
    expect(await inspectJob(host, job)).toEqual({ state: 'finished', exitCode: 7, output: 'seen\n' });
  });

  test('a job whose processes were killed is interrupted, not finished', async () => {
    const job = { id: 'killed', script: 'sleep 60' };
    await startJob(host, job);
    await until(async () => (await inspectJob(host, job)).state === 'running');
    const pid = readFileSync(`${jobDirectory(host, job)}/pid`, 'utf8').split(' ')[0];
    execFileSync('pkill', ['-KILL', '-s', pid]);
    expect((await runJob(host, job)).state).toBe('interrupted');
  });

  test('a job whose runner alone was killed still runs while its command does', async () => {
    const job = { id: 'orphan', script: 'sleep 1.5' };
    await startJob(host, job);
    await until(async () => (await inspectJob(host, job)).state === 'running');
    process.kill(Number(readFileSync(`${jobDirectory(host, job)}/pid`, 'utf8').split(' ')[0]), 'SIGKILL');
    expect((await inspectJob(host, job)).state).toBe('running');
    expect((await runJob(host, job)).state).toBe('interrupted');
  });

  test('cancelling ends the whole process group', async () => {
    const job = { id: 'cancelled', script: 'sleep 61 & sleep 61; wait' };
    await startJob(host, job);
    await until(async () => (await inspectJob(host, job)).state === 'running');
    await cancelJob(host, job);
    expect((await inspectJob(host, job)).state).toBe('interrupted');
    await cancelJob(host, job);
  });

  test('aborting the follower ends the job and throws the reason', async () => {
    const controller = new AbortController();
    const following = runJob(
      host,
      { id: 'aborted', script: 'sleep 62' },
      { signal: controller.signal, intervalMs: 50 },
    );
    setTimeout(() => controller.abort(new Error('cancelled by test')), 200);
    await expect(following).rejects.toThrow('cancelled by test');
  });

  test('secrets are files of mode 0600 while it runs and gone afterwards', async () => {
    const job = { id: 'secret', script: 'stat -c %a secrets/pgpass; cat secrets/pgpass', secrets: { pgpass: 'pw' } };
    const end = await runJob(host, job);
    expect(end.output).toBe('600\npw');
    expect((await host.run({ argv: ['ls', `${jobDirectory(host, job)}/secrets`] })).exitCode).not.toBe(0);
  });

  test('a forgotten job can be started anew', async () => {
    const job = { id: 'again', script: `echo x >>${root}/${way}-again` };
    await runJob(host, job);
    await forgetJob(host, job);
    await runJob(host, job);
    expect(readFileSync(`${root}/${way}-again`, 'utf8')).toBe('x\nx\n');
  });

  test('a job of another OS user writes as that user', async () => {
    const user = process.getuid?.() === 0 ? 'postgres' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    const end = await runJob(host, { id: 'as-user', user, script: 'id -un' });
    expect(end).toMatchObject({ state: 'finished', exitCode: 0, output: `${user}\n` });
  });

  test('a job that systemd would end with the session is not started', async () => {
    const doomed: Host = Object.assign(Object.create(host), {
      run: async (command: Command) =>
        command.argv.includes(REFUGE_SCRIPT) ? { exitCode: 0, stdout: 'nowhere\n', stderr: '' } : host.run(command),
    });
    await expect(startJob(doomed, { id: 'doomed', script: 'true' })).rejects.toThrow('KillExcludeUsers');
    expect((await inspectJob(host, { id: 'doomed' })).state).toBe('absent');
  });
});
