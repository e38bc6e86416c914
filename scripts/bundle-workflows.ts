import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Bundles the workflow code once at build time, so that a worker starts at once and runs exactly what was built. */
async function main(): Promise<void> {
  const lib = join(__dirname, '..');
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(lib, 'src', 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(join(lib, 'workflow-bundle.js'), code);
}

void main();
