import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The directory that holds package.json. Files that tsc does not copy (SQL, shell scripts) are found from here, whether
 * this code runs from `sandbox/` (jest) or from `lib/sandbox/` (compiled).
 */
export function projectRoot(): string {
  let directory = __dirname;
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`No package.json in ${__dirname} or above: is the checkout complete?`);
    directory = parent;
  }
  return directory;
}
