import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parts } from '../../sandbox/parts';
import { projectRoot } from '../../sandbox/project-root';

/** A workflow's history as `temporal workflow show --output json` prints it. */
export async function historyJson(address: string, workflowId: string): Promise<string> {
  const argv = ['workflow', 'show', '--address', address, '--workflow-id', workflowId, '--output', 'json'];
  return execFileSync((await parts()).temporal, argv, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}

/**
 * Writes a workflow's history to test/histories when PGPASSAGE_RECORD is set: `PGPASSAGE_RECORD=1 npx jest test/e2e`.
 * The replay test runs today's workflow code against every history that was ever recorded.
 */
export async function recordHistory(address: string, workflowId: string, name: string): Promise<void> {
  if (!process.env.PGPASSAGE_RECORD) return;
  // Where the project lay on the machine that recorded it is nobody's business.
  const history = (await historyJson(address, workflowId)).replaceAll(`${projectRoot()}/`, '');
  writeFileSync(join(projectRoot(), 'test', 'histories', `${name}.json`), history);
}
