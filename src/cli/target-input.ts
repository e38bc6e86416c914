import type { z } from 'zod';
import { lookInput } from '../migration/input';
import { issuesOf } from '../migration/messages';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';
import { drain, type TargetOptions } from './options';
import { saidOfStandbys } from './start-input';

/** Input of the workflows that only look: what was said, and nothing of the defaults. @throws CliError that names the field. */
export function targetInput(cluster: string, options: TargetOptions): z.input<typeof lookInput> {
  const { to, path, mode, accept, set: settings } = options;
  if (to === undefined)
    throw new CliError(EXIT.usage, 'to: say which version to look at, such as --to 18. Nothing was started.');
  const given = { path, mode, accept, settings, drain: drain(options), standbys: saidOfStandbys(options) };
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  const input = { cluster, to, ...Object.fromEntries(said) };
  const parsed = lookInput.safeParse(input);
  if (parsed.success) return input as z.input<typeof lookInput>;
  throw new CliError(EXIT.usage, `${issuesOf(parsed.error)}. Nothing was started.`);
}
