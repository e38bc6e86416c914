#!/usr/bin/env node
import { EXIT } from './cli/exit-codes';
import { run } from './cli/program';
import { processTerminal } from './cli/terminal';

process.once('SIGINT', () => {
  process.stderr.write('\nLeft. What Temporal has begun goes on by itself; look again with `pgpassage status`.\n');
  process.exit(EXIT.interrupted);
});

// `pgpassage list | head` closes the pipe early, which is nobody's mistake.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
});

void run(process.argv.slice(2), processTerminal()).then((exit) => {
  process.exitCode = exit;
});
