import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { stepMigrationInput } from '../migration/input';
import { issuesOf } from '../migration/messages';
import { CliError } from './cli-error';
import { EXIT } from './exit-codes';
import { drain, type TargetOptions } from './options';

/** Options of `start` that shape the migration. */
export interface StartOptions extends TargetOptions {
  soak?: string;
  soakAfterLast?: string;
  watchEvery?: string;
  approvalWithin?: string;
  rehearse: boolean;
  checksums: boolean;
  acceptLoss?: string[];
  onAlarm?: string;
  standbysAtOnce?: number | 'all';
  ignoreWindow?: boolean;
  input?: string;
}

/** Input of the workflow `stepMigration` as it is sent: what was said, and nothing of the defaults. */
export type StartInput = z.input<typeof stepMigrationInput>;

/**
 * The workflow's input from a file, options winning over it.
 * @throws CliError that names the field, before anything is sent.
 */
export function startInput(cluster: string, options: StartOptions): StartInput {
  const file = options.input === undefined ? {} : readInput(options.input);
  if ('cluster' in file && file.cluster !== cluster) {
    throw usage(`${options.input} is for cluster "${String(file.cluster)}", the command for "${cluster}"`);
  }
  const input: Record<string, unknown> = { ...file, cluster, ...said(options) };
  const standbys = saidOfStandbys(options);
  if (standbys) input.standbys = { ...(file.standbys as object | undefined), ...standbys };
  if (!('to' in input)) throw usage('to: say which version to migrate to, such as --to 18');
  const parsed = stepMigrationInput.safeParse(input);
  if (!parsed.success) throw usage(issuesOf(parsed.error));
  return input as unknown as StartInput;
}

/** What options say of the standbys; undefined where they say nothing. */
export function saidOfStandbys(
  options: Pick<StartOptions, 'retainStandby' | 'standbysAtOnce'>,
): StartInput['standbys'] | undefined {
  const { retainStandby: retain, standbysAtOnce: atOnce } = options;
  if (retain === undefined && atOnce === undefined) return undefined;
  return { ...(retain !== undefined && { retain }), ...(atOnce !== undefined && { atOnce }) };
}

/** The fields that options give; those not given are left to the file and to the workflow's defaults. */
function said(options: StartOptions): Partial<StartInput> {
  const fields: Record<string, unknown> = {
    to: options.to,
    path: options.path,
    mode: options.mode,
    accept: options.accept,
    drain: drain(options),
    soak: options.soak,
    soakAfterLast: options.soakAfterLast,
    watchEvery: options.watchEvery,
    approvalWithin: options.approvalWithin,
    rehearse: options.rehearse ? undefined : false,
    checksums: options.checksums ? undefined : false,
    acceptLoss: options.acceptLoss,
    onAlarm: options.onAlarm,
    settings: options.set,
    window: options.ignoreWindow ? 'ignore' : undefined,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function readInput(file: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw usage(`can't read the input from ${file}: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw usage(`${file} has to hold one JSON object, such as {"cluster": "orders", "to": 18}`);
}

function usage(message: string): CliError {
  return new CliError(EXIT.usage, `${message}. Nothing was started.`);
}
