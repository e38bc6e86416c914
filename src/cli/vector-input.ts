import type { z } from 'zod';
import { issuesOf } from '../migration/messages';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';

/** A workflow's input from what was said, and nothing of the defaults. @throws CliError that names the field. */
export function checkedInput<S extends z.ZodType>(schema: S, said: Record<string, unknown>): z.input<S> & object {
  const input = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const parsed = schema.safeParse(input);
  if (parsed.success) return input as z.input<S> & object;
  throw new CliError(EXIT.usage, `${issuesOf(parsed.error)}. Nothing was started.`);
}
