import type { ExitCode } from './exit-codes';

/** Ends the command with an exit code and a sentence: what was seen, what is untouched, what to do next. */
export class CliError extends Error {
  override name = 'CliError';

  constructor(
    readonly exit: ExitCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
