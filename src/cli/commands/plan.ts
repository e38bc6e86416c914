import { planDocument } from '../../report/plan-document';
import { isBlocked } from '../../report/preflight-document';
import { renderText } from '../../report/render-text';
import type { MigrationPlan } from '../../workflows/look';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { EXIT } from '../exit-codes';
import { lookOnly } from '../look-only';
import { addTargetOptions, type TargetOptions } from '../options';

/** `plan CLUSTER --to N`: what a migration would do and how each phase could be undone; changes nothing. */
export function planCommand(cli: Cli): void {
  const command = addCommand(
    cli,
    'plan <cluster>',
    'Show what a migration would do, how each phase is undone and what that would lose; changes nothing.',
    ['pgpassage plan orders --to 18', 'pgpassage plan orders --to 18 --path 18 --mode clone'],
  );
  addTargetOptions(command).action(answering(cli, plan));
}

async function plan(call: Call<TargetOptions>): Promise<Answer> {
  const result = await lookOnly<MigrationPlan>(call, 'planMigration', 'plan');
  const text = renderText(planDocument(result), call.terminal.size().columns);
  return { json: result, text, exit: isBlocked(result.preflight) ? EXIT.blocked : EXIT.ok };
}
