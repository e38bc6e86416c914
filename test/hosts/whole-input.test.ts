import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { inspectJob, jobDirectory, runJob, startJob } from '../../src/hosts/durable-job';
import { writeFile } from '../../src/hosts/files';
import type { Command } from '../../src/hosts/host';
import { LocalHost } from '../../src/hosts/local-host';
import { putText } from '../../src/postgres/configuration/host-files';
import { userInfo } from 'node:os';

const root = mkdtempSync('/tmp/pgp-whole-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** What a host sees of a worker that dies while it writes: standard input ends after so many bytes, and in good order. */
class DyingWorker extends LocalHost {
  constructor(private readonly bytes: number) {
    super('here', root);
  }
  override run(command: Command): ReturnType<LocalHost['run']> {
    return super.run({ ...command, input: command.input?.slice(0, this.bytes) });
  }
}

const host = new LocalHost('here', root);
const user = userInfo().username;

test.each([0, 8, 16])(
  'a job whose script stops after %i bytes is not there, and the next attempt runs it whole',
  async (bytes) => {
    const job = { id: `half-${bytes}`, script: 'echo one; echo two\n' };
    await expect(startJob(new DyingWorker(bytes), job)).rejects.toThrow(/has \d+ bytes of 19/);
    expect(await inspectJob(host, job)).toEqual({ state: 'absent' });
    expect(existsSync(jobDirectory(host, job))).toBe(false);
    expect(await runJob(host, job)).toEqual({ state: 'finished', exitCode: 0, output: 'one\ntwo\n' });
  },
);

test.each([0, 4])('a file whose content stops after %i bytes keeps what it was', async (bytes) => {
  const file = `${root}/kept`;
  writeFileSync(file, 'before');
  const dying = new DyingWorker(bytes);
  await expect(writeFile(dying, file, 'afterwards')).rejects.toThrow(/bytes of 10/);
  await expect(putText(dying, user, file, { content: 'afterwards', encoding: 'utf8', mode: '0600' })).rejects.toThrow(
    /bytes of 10/,
  );
  expect(readFileSync(file, 'utf8')).toBe('before');
  expect(readdirSync(root).filter((name) => name.startsWith('kept'))).toEqual(['kept']);
  await putText(host, user, file, { content: 'afterwards', encoding: 'utf8', mode: '0600' });
  expect(readFileSync(file, 'utf8')).toBe('afterwards');
});
