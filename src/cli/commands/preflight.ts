import { isBlocked, preflightDocument } from '../../report/preflight-document';
import { renderText } from '../../report/render-text';
import type { PreflightAnswer } from '../../workflows/look';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { EXIT } from '../exit-codes';
import { lookOnly } from '../look-only';
import { addTargetOptions, type TargetOptions } from '../options';

/** `preflight CLUSTER --to N`: checks, from the running version to every version on the path; changes nothing. */
export function preflightCommand(cli: Cli): void {
  const command = addCommand(
    cli,
    'preflight <cluster>',
    'Check what stands in the way of an upgrade; changes nothing.',
    ['pgpassage preflight orders --to 18', 'pgpassage preflight orders --to 18 --path 16,18 --mode link --output json'],
  );
  addTargetOptions(command).action(answering(cli, preflight));
}

async function preflight(call: Call<TargetOptions>): Promise<Answer> {
  const result = await lookOnly<PreflightAnswer>(call, 'preflightCheck', 'preflight');
  const text = renderText(preflightDocument(result), call.terminal.size().columns);
  return { json: result, text, exit: isBlocked(result.results) ? EXIT.blocked : EXIT.ok };
}
