import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

/**
 * A command-line argument that names a file to write, as an absolute path. npm changes the directory; INIT_CWD is the caller's.
 * @throws InvalidArgumentError when its directory can't be written to: said before anything starts rather than at the end.
 */
export function writable(file: string): string {
  const path = resolve(process.env.INIT_CWD ?? '.', file);
  try {
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new InvalidArgumentError(`${dirname(path)} can't be written to (${(error as NodeJS.ErrnoException).code}).`);
  }
  return path;
}
