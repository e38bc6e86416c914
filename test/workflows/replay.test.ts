import { Worker } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workflowBundle } from '../support/workflow-environment';

const histories = join(__dirname, '..', 'histories');
const files = readdirSync(histories).filter((file) => file.endsWith('.json'));

test('there are histories of a finished run and of one that stands at a gate', () => {
  expect(files).toEqual(expect.arrayContaining(['finished.json', 'mid-gate.json']));
});

test.each(files)('the history %s, recorded on real servers, replays', async (file) => {
  const history: unknown = JSON.parse(readFileSync(join(histories, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: await workflowBundle() }, history, 'pgpassage/orders');
});
