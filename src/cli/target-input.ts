import type { z } from 'zod';
import { upgradeInput } from '../migration/input';
import { issuesOf } from '../migration/messages';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';
import { drain, type TargetOptions } from './options';

const lookInput = upgradeInput.pick({ cluster: true, to: true, path: true, mode: true, accept: true, drain: true });

/** Input of the workflows that only look: what was said, and nothing of the defaults. @throws CliError that names the field. */
export function targetInput(cluster: string, options: TargetOptions): z.input<typeof lookInput> {
  const { to, path, mode, accept } = options;
  const held = drain(options);
  if (to === undefined)
    throw new CliError(EXIT.usage, 'to: say which version to look at, such as --to 18. Nothing was started.');
  const said = {
    ...(path && { path }),
    ...(mode && { mode }),
    ...(accept && { accept }),
    ...(held && { drain: held }),
  };
  const input = { cluster, to, ...said };
  const parsed = lookInput.safeParse(input);
  if (parsed.success) return input as z.input<typeof lookInput>;
  throw new CliError(EXIT.usage, `${issuesOf(parsed.error)}. Nothing was started.`);
}
