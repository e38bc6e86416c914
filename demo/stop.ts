import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { endDemo } from './ending';
import { isDemoDirectory } from './state-file';

/** Ends a demo that was left running with `--keep`, and removes its directory: `node lib/demo/stop.js DIRECTORY`. */
async function main([argument, ...more]: string[]): Promise<void> {
  const directory = resolve(argument ?? '.');
  if (argument === undefined || more.length > 0 || !isDemoDirectory(directory)) {
    throw new Error(`Name the directory of one demo that was left running; ${directory} is none.`);
  }
  await endDemo(directory);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  console.log(`The demo in ${directory} is ended, and its directory removed.`);
}

main(process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
