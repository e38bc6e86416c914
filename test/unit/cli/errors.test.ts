import {
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TerminatedFailure,
} from '@temporalio/common';
import { EXIT } from '../../../src/cli/exit-codes';
import { explain } from '../../../src/cli/explain';
import { FAILURE } from '../../../src/migration/failures';
import { freePort } from '../../../sandbox/free-port';
import { pgpassage } from './captured-terminal';

const failed = (cause: Error): WorkflowFailedError =>
  new WorkflowFailedError('Workflow execution failed', cause, RetryState.NON_RETRYABLE_FAILURE);

const application = (type: string): ApplicationFailure =>
  ApplicationFailure.create({ type, nonRetryable: true, message: `${type} it is. Nothing was touched.` });

test.each([
  [FAILURE.invalidInput, EXIT.usage],
  [FAILURE.preflight, EXIT.blocked],
  [FAILURE.rehearsal, EXIT.blocked],
  [FAILURE.lossNotAccepted, EXIT.refused],
  [FAILURE.outageRolledBack, EXIT.rolledBack],
  [FAILURE.serviceDown, EXIT.failed],
  [FAILURE.rollbackIncomplete, EXIT.failed],
  ['PhaseFailed', EXIT.failed],
])('a workflow that failed with %s ends with exit code %i and its own sentence', (type, exit) => {
  expect(explain(failed(application(type)))).toMatchObject({ exit, message: `${type} it is. Nothing was touched.` });
});

test('the sentence is that of the activity, not of what Temporal wraps around it', () => {
  const wrapped = new ActivityFailure(
    'Activity task failed',
    'preflight',
    '1',
    RetryState.NON_RETRYABLE_FAILURE,
    'w',
    application(FAILURE.invalidInput),
  );
  expect(explain(failed(wrapped))).toMatchObject({ exit: EXIT.usage, message: /^InvalidInput it is/ });
});

test('a refused update, a silent worker and an end from outside have codes of their own', () => {
  const refused = ApplicationFailure.create({ type: 'Refused', message: 'alarms stand: cpu' });
  expect(explain(new WorkflowUpdateFailedError('Workflow Update failed', refused))).toMatchObject({
    exit: EXIT.refused,
    message: 'alarms stand: cpu',
  });
  expect(explain(new WorkflowUpdateRPCTimeoutOrCancelledError('timeout'))).toMatchObject({ exit: EXIT.unreachable });
  expect(explain(failed(new TerminatedFailure('by hand')))).toMatchObject({ exit: EXIT.stopped });
  expect(explain(failed(new CancelledFailure('Workflow canceled')))).toMatchObject({ exit: EXIT.stopped });
});

test('what nobody foresaw is one sentence with its cause', () => {
  const { exit, message } = explain(new Error('odd', { cause: new Error('deeper') }));
  expect(message).toMatch(/^Unexpected: odd \(deeper\)\. What Temporal has begun goes on/);
  expect(message).not.toContain('\n');
  expect(exit).toBe(EXIT.unexpected);
});

test('a Temporal that is not there is named, with the ways to set its address', async () => {
  const address = `127.0.0.1:${await freePort()}`;
  const { exit, err } = await pgpassage(`status orders --address ${address}`);
  expect(err).toContain(`Can't reach Temporal at ${address}, namespace default`);
  expect(err).toMatch(/TEMPORAL_ADDRESS, --address or a profile/);
  expect(exit).toBe(7);
}, 15_000);

test('a profile that does not exist is named', async () => {
  const { exit, err } = await pgpassage('list --profile nowhere');
  expect(err).toMatch(/Can't read the Temporal profile "nowhere"/);
  expect(exit).toBe(2);
});
