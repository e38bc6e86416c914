import { join } from 'node:path';
import { tryRun } from '../command';
import { parts, type MajorVersion } from '../parts';
import { projectRoot } from '../project-root';

/** Which extension `ruvector` a copy of PostgreSQL has; see provision.sh. The fixtures imitate names, not RuVector. */
export type Flavour = 'fixture' | 'fixture-no-path' | 'published' | 'published-path';

const LEFT_OUT = 3;

/**
 * The bin directory of a PostgreSQL with that extension; or why it can't be had on this machine.
 * @throws Error when making it failed, as against not being possible here.
 */
export async function ruvectorPostgres(
  flavour: Flavour,
  version: MajorVersion,
): Promise<{ bin: string } | { leftOut: string }> {
  const argv = [
    'bash',
    join(projectRoot(), 'sandbox', 'ruvector', 'provision.sh'),
    flavour,
    String(version),
    (await parts()).postgres[version],
  ];
  const { code, stdout, stderr } = await tryRun(argv, { timeoutMs: 10 * 60_000 });
  if (code === 0) return { bin: stdout.trim() };
  if (code === LEFT_OUT) return { leftOut: stderr.trim() };
  throw new Error(`${argv.join(' ')} ended with exit code ${code}: ${stderr}`);
}
