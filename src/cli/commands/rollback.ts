import { begin } from '../begin';
import { CliError } from '../cli-error';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { EXIT } from '../exit-codes';
import { version } from '../options';
import { isRunning, latestRun } from '../runs';
import { send } from '../send';
import { waitForResult } from '../wait-for-result';
import { isMigration } from '../workflow-types';

interface RollbackOptions {
  to?: number;
  accept?: string[];
  reason?: string;
  by?: string;
}

/** `rollback CLUSTER`: back to an earlier version, by the running migration or, where none runs, by a workflow of its own. */
export function rollbackCommand(cli: Cli): void {
  addCommand(
    cli,
    'rollback <cluster>',
    'Go back to an earlier version: asks the running migration, or after its end does it and waits. Refused until the loss is named.',
    [
      'pgpassage rollback orders',
      'pgpassage rollback orders --to 15 --accept writes-since-15-16 --reason "reports are wrong"',
    ],
  )
    .option(
      '--to <version>',
      'version to go back to (default while a migration runs: the one before the current phase)',
      version,
    )
    .option('--accept <loss...>', 'losses that are accepted, as the rollback ledger names them')
    .option('--reason <text>', 'why, for the log of the running migration')
    .option('--by <name>', 'who asks (default: the OS user)')
    .action(answering(cli, rollback));
}

async function rollback(call: Call<RollbackOptions>): Promise<Answer> {
  const { to, accept, reason, by = call.terminal.user } = call.options;
  const latest = await latestRun(await call.temporal(), call.cluster);
  if (latest && isRunning(latest) && isMigration(latest.type))
    return send(call, 'rollback', { by, to, accept, reason });
  return afterwards(call, to, by);
}

async function afterwards(call: Call<RollbackOptions>, to: number | undefined, by: string): Promise<Answer> {
  const { cluster, options, terminal } = call;
  if (to === undefined) {
    throw new CliError(
      EXIT.usage,
      `Cluster "${cluster}" has no running migration, so say which version to go back to, such as --to 15. Nothing was started.`,
    );
  }
  const temporal = await call.temporal();
  const input = { cluster, to, accept: options.accept ?? [], by };
  const handle = await begin(temporal, {
    type: 'rollbackMigration',
    cluster,
    input,
    summary: `${cluster}: back to PostgreSQL ${to}`,
  });
  terminal.err(
    `Rolling ${cluster} back to ${to}: workflow ${handle.workflowId}. It goes on when this command is left.\n`,
  );
  const result = await waitForResult<{ version: number; said: string[] }>(temporal, handle, (text) =>
    terminal.err(`${text}\n`),
  );
  return {
    json: { cluster, ...result },
    text: [...result.said, `PostgreSQL ${result.version} serves ${cluster} again.`].join('\n'),
  };
}
