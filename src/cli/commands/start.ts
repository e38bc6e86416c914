import { Option } from 'commander';
import { begin } from '../begin';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { addTargetOptions, atOnce, length } from '../options';
import { startInput, type StartOptions } from '../start-input';
import { watch } from '../watch';

/** `start CLUSTER --to N`: begins a migration. */
export function startCommand(cli: Cli): void {
  const command = addCommand(
    cli,
    'start <cluster>',
    'Begin a migration: one phase per major version, with a gate after each.',
    [
      'pgpassage start orders --to 18',
      'pgpassage start orders --to 18 --soak 48h --set 18:max_parallel_workers=8 18:io_method=sync --watch',
      'pgpassage start orders --to 18 --on-alarm rollback --accept-loss writes-since-15-16 writes-since-16-17',
      'pgpassage start orders --input migration.json',
    ],
  );
  addTargetOptions(command)
    .option('--soak <time>', 'how long each phase is watched before it can be approved (default: 24h)', length)
    .option('--soak-after-last <time>', 'the same after the last phase (default: as --soak)', length)
    .option('--watch-every <time>', 'how often the checks of the soak run (default: 5m)', length)
    .option('--approval-within <time>', 'how long after the soak an approval is waited for (default: 14d)', length)
    .option('--no-rehearse', 'do not upgrade a clone of the backup first')
    .option('--no-checksums', 'compare row counts only, not checksums of the rows')
    .addOption(
      new Option('--on-alarm <what>', 'what an alarm at a gate does (default: hold)').choices(['hold', 'rollback']),
    )
    .option('--accept-loss <loss...>', 'losses that a rollback by itself may cause, as the plan names them')
    .option('--standbys-at-once <number>', 'standbys that are rebuilt at a time, or all (default: 1)', atOnce)
    .option('--ignore-window', "do not wait for the inventory's maintenance window")
    .option('--input <file>', "the workflow's input as JSON; options win over it")
    .option('--watch', 'show it until it ends')
    .action(answering(cli, start));
}

async function start(call: Call<StartOptions & { watch?: boolean }>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  const input = startInput(cluster, options);
  const handle = await begin(await call.temporal(), {
    type: 'stepMigration',
    cluster,
    input,
    summary: `${cluster} → PostgreSQL ${input.to}`,
  });
  const started = { cluster, workflowId: handle.workflowId, runId: handle.firstExecutionRunId, input };
  const text = `Migration of ${cluster} to PostgreSQL ${input.to} is started: workflow ${started.workflowId}, run ${started.runId}.`;
  if (!options.watch) return { json: started, text: `${text}\nWatch it: pgpassage status ${cluster} --watch` };
  terminal.err(`${text}\n`);
  return watch(call, started);
}
