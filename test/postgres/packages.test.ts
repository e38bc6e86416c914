import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryRoot, type TemporaryRoot } from '../../sandbox/temporary-root';
import type { CommandResult, Host } from '../../src/hosts/host';
import { LocalHost } from '../../src/hosts/local-host';
import { onlyAsRoot } from '../support/only-where';
import type { Packages } from '../../src/inventory/schema';
import type { Cluster } from '../../src/postgres/cluster';
import {
  describePackages,
  installPackages,
  PackagesRefused,
  planPackages,
  sourceOf,
} from '../../src/postgres/packages';
import { packages as check } from '../../src/postgres/preflight/checks/packages';
import type { PreflightContext } from '../../src/postgres/preflight/check';
import { JobFailed } from '../../src/postgres/upgrade/jobs';
import { runJobs } from '../support/run-job';

let root: TemporaryRoot;
beforeEach(async () => {
  root = await temporaryRoot();
});
afterEach(() => root.remove());

/** A host on which apt-get's simulation answers with a given text. */
class ToldHost extends LocalHost {
  constructor(
    workDirectory: string,
    private readonly told: string,
  ) {
    super('db1', workDirectory);
  }
  override run(command: Parameters<Host['run']>[0]): Promise<CommandResult> {
    if (command.argv.includes('--simulate')) return Promise.resolve({ exitCode: 0, stdout: this.told, stderr: '' });
    return super.run(command);
  }
}

const HOP = { from: 16, to: 17 };
const on = (packages: Packages, told?: string): Cluster =>
  ({
    ...{ name: 'orders', packages, entry: { osUser: 'postgres' } },
    host: told === undefined ? new LocalHost('db1', root.path) : new ToldHost(root.path, told),
  }) as unknown as Cluster;
const install = (cluster: Cluster, id = 'packages') => installPackages(cluster, HOP, id, runJobs(cluster.host));
const asRoot = onlyAsRoot('Root alone can install packages.').test;

test('names carry the version, and the usual ones stand where none are given', () => {
  expect(sourceOf('apt', 17)).toEqual({ manager: 'apt', names: ['postgresql-17'] });
  expect(sourceOf('dnf', 17)).toEqual({ manager: 'dnf', names: ['postgresql17-server', 'postgresql17-contrib'] });
  expect(sourceOf({ apt: ['postgresql-{version}', 'postgresql-{version}-pgvector'] }, 18)).toEqual({
    manager: 'apt',
    names: ['postgresql-18', 'postgresql-18-pgvector'],
  });
});

asRoot('an own command runs as root with the version put in, and again when it failed', async () => {
  const script = join(root.path, 'install');
  await mkdir(join(root.path, 'programs'));
  await writeFile(script, '#!/bin/sh\necho "$1" >>"$2/calls"; [ -e "$2/ready" ] || { echo "no mirror"; exit 7; }\n');
  await chmod(script, 0o755);
  const cluster = on({ command: [script, '{version}', root.path] });
  expect(await describePackages(cluster, HOP)).toBe(`installed by ${script} 17 ${root.path}`);
  const failed = install(cluster);
  await expect(failed).rejects.toBeInstanceOf(JobFailed);
  await expect(failed).rejects.toThrow(/exit code 7.*no mirror/s);
  await writeFile(join(root.path, 'ready'), '');
  expect(await install(cluster)).toContain('ended well');
  expect(await install(cluster)).toContain('ended well');
  // The last attempt attached to the job that had ended well.
  expect(await readFile(join(root.path, 'calls'), 'utf8')).toBe('17\n17\n');
});

asRoot('apt with everything there does nothing, and says so', async () => {
  const cluster = on({ apt: ['base-files'] });
  expect(await describePackages(cluster, HOP)).toBe('apt has nothing to install.');
  expect(await install(cluster)).toBe('all there already');
});

test.each([
  [
    'would upgrade and so restart the running server',
    'Inst postgresql-16 [16.3-1] (16.9-1 Debian [amd64])\n',
    'restarted',
  ],
  ['would remove a package', 'Remv postgresql-16 [16.3-1]\n', 'would be removed'],
])('an installation that %s is refused, before it is begun', async (_, told, said) => {
  const cluster = on('apt', `${told}Inst postgresql-17 (17.5-1 Debian [amd64])\n`);
  const refused = install(cluster);
  await expect(refused).rejects.toBeInstanceOf(PackagesRefused);
  await expect(refused).rejects.toThrow(said);
  const found = await check.run({ cluster, from: { version: 16 }, to: { version: 17 } } as unknown as PreflightContext);
  expect(found.map(({ severity }) => severity)).toEqual(['notice', 'blocker']);
  expect(await describePackages(cluster, HOP)).toContain('REFUSED');
});

test('what else would be upgraded is told and no reason to refuse', async () => {
  const cluster = on('apt', 'Inst libpq5 [15.1] (17.5 Debian [amd64])\nInst postgresql-17 (17.5-1 Debian [amd64])\n');
  expect(await planPackages(cluster, HOP)).toMatchObject({ refusals: [] });
  expect(await describePackages(cluster, HOP)).toBe(
    'apt would install postgresql-17 17.5-1; and would upgrade libpq5 15.1 → 17.5.',
  );
});
