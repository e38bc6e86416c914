import { type Command, InvalidArgumentError, Option } from 'commander';
import { DRAIN_CHOICES } from '../migration/drain';
import { duration } from '../migration/duration';
import { MODES } from '../migration/input';

/** Options of the commands that name a target. */
export interface TargetOptions {
  to?: number;
  path?: number[];
  mode?: string;
  accept?: string[];
  drainDeadline?: string;
  drainThen?: string;
  readOnly?: boolean;
  retainStandby?: string;
  set?: Settings;
}

/** Adds the options that say where an upgrade leads and how. */
export function addTargetOptions(command: Command): Command {
  return command
    .option('--to <version>', 'target major version', version)
    .option('--path <versions>', 'versions to pass, such as 16,17,18 (default: every major between)', versions)
    .addOption(new Option('--mode <mode>', 'how files are carried over').choices(['auto', ...MODES]))
    .option('--accept <check...>', 'checks whose blockers a person has judged and accepts')
    .option(
      '--drain-deadline <time>',
      'how long open transactions may take to end before the stop (default: 30s)',
      length,
    )
    .addOption(
      new Option('--drain-then <what>', 'what happens to those that do not (default: give-up)').choices(DRAIN_CHOICES),
    )
    .option('--read-only', 'make transactions read-only by default from the drain to the stop')
    .option('--retain-standby <name>', 'a standby that is kept stopped as the way back, not rebuilt')
    .option('--set <version:name=value...>', 'settings appended to the configuration of a version', setting);
}

/** The input's field `drain`, where any of its options was given. */
export function drain({ drainDeadline, drainThen, readOnly }: TargetOptions): Record<string, unknown> | undefined {
  const fields = Object.entries({ deadline: drainDeadline, then: drainThen, readOnly });
  const given = fields.filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : Object.fromEntries(given);
}

/** A major version. */
export function version(value: string): number {
  if (/^\d\d$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It has to be a major version, such as 18.');
}

/** Major versions, separated by commas. */
export function versions(value: string): number[] {
  return value.split(',').map((each) => version(each.trim()));
}

/** A phase's name. */
export function phase(value: string): string {
  if (/^\d\d-\d\d$/.test(value)) return value;
  throw new InvalidArgumentError('It has to be a phase as `pgpassage status` shows it, such as 15-16.');
}

/** A length of time, checked here so that a typing error ends before anything is sent. */
export function length(value: string): string {
  if (duration.safeParse(value).success) return value;
  throw new InvalidArgumentError('It has to be a length of time, such as 24h, 90m or 2s.');
}

/** Settings per version: `18:max_parallel_workers=8`. */
export type Settings = Record<string, Record<string, string>>;

/** Adds one `VERSION:NAME=VALUE` to those given before it. */
export function setting(value: string, before: Settings = {}): Settings {
  const match = /^(\d\d):([A-Za-z_][\w.]*)=(.*)$/s.exec(value);
  if (!match) throw new InvalidArgumentError('It has to be VERSION:NAME=VALUE, such as 18:max_parallel_workers=8.');
  const [, major, name, set] = match;
  return { ...before, [major]: { ...before[major], [name]: set } };
}

/** How many at a time. */
export function atOnce(value: string): number | 'all' {
  return value === 'all' ? value : amount(value);
}

/** A whole number from one on. */
export function amount(value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new InvalidArgumentError('It has to be a whole number from 1 on.');
}
