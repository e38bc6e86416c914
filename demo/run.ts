import { join } from 'node:path';
import type { Look } from '../src/cli/look';
import type { Terminal } from '../src/cli/terminal';
import { span } from '../src/report/wording';
import { asking } from './asking';
import { conclude, writeSummary } from './conclusion';
import { endOfLog } from './evidence';
import { automatic } from './gate';
import { keptHints, NEXT, watchingHints } from './hints';
import { beginMigration, follow } from './migration';
import type { DemoOptions } from './options';
import { seenOutages } from './outages';
import { openPlace, type Place } from './place';
import { setTheStage, type Stage } from './stage';
import { held, type Summary } from './summary';
import { summaryText } from './summary-text';
import { viewFor } from './view';

/** Runs the whole demo. @returns the exit code: 0 when everything held. */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<number> {
  const remark = (line: string): void => terminal.err(`${line}\n`);
  const place = await openPlace(remark);
  try {
    return await play(options, terminal, place);
  } catch (error) {
    // Ending makes everything fail that is under way. The signal's handler ends this process when all is ended.
    if (place.ending.aborted) return await new Promise<never>(() => undefined);
    remark(`The demo failed: ${(error as Error).message}`);
    await tellFailure(place, remark);
    return 1;
  }
}

async function play(options: DemoOptions, terminal: Terminal, place: Place): Promise<number> {
  const say = (line: string): void => terminal.out(`${line}\n`);
  const began = performance.now();
  say(`Setting the stage in ${place.directory}`);
  const stage = await setTheStage({ ...place, rows: options.rows, say });
  for (const line of watchingHints(stage)) say(line);
  const { progress, failure } = await migrate(stage, options, terminal);
  const { seen, summary } = await conclude(stage, progress, say);
  await stage.temporal.close();
  if (options.json) writeSummary(options.json, summary);
  if (failure) say(`\n${failure}`);
  say(`\n${summaryText(progress, seen, summary, terminal.size().columns)}\n`);
  const ended = await leave(options, stage, place, summary, terminal);
  say(`The demo took ${span(performance.now() - began)}.`);
  return held(summary) && ended ? 0 : 1;
}

async function migrate(stage: Stage, options: DemoOptions, terminal: Terminal): Promise<Look> {
  const { writers } = stage;
  const view = viewFor(terminal, writers);
  view.say('Migrating the cluster from PostgreSQL 15 to 18');
  const migration = await beginMigration(stage, options);
  const decide = options.yes
    ? automatic(migration, view.say)
    : asking(migration, {
        user: terminal.user,
        say: view.say,
        outageOf: ({ phases }, phase) => seenOutages(writers.outages(), phases).byPhase.get(phase),
      });
  return follow(stage, migration, decide, view);
}

/** Ends everything, or leaves it running. @returns false when something could not be ended. */
async function leave(
  { keep, yes }: DemoOptions,
  stage: Stage,
  place: Place,
  summary: Summary,
  terminal: Terminal,
): Promise<boolean> {
  const say = (line: string): void => terminal.out(`${line}\n`);
  if (keep) {
    keptHints(stage).forEach(say);
    return true;
  }
  // What someone at the terminal has decided is nothing that has to be looked into.
  const decided = !yes && (summary.outcome === 'rolled back' || summary.outcome === 'stopped');
  if (!held(summary) && !decided) return tellFailure(place, say);
  const ended = await place.end('nothing');
  if (ended) NEXT.forEach(say);
  return ended;
}

async function tellFailure(place: Place, say: (line: string) => void): Promise<boolean> {
  const log = await endOfLog(join(place.directory, 'worker.log'));
  if (log.length > 0) say(`The end of the worker's log:\n${log.map((line) => `  ${line}`).join('\n')}`);
  const ended = await place.end('evidence');
  say(`Logs and the phases' evidence are in ${place.directory}; remove it when you are done.`);
  return ended;
}
