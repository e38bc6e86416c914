import { bytes } from '../../report/wording';
import { begin } from '../begin';
import { CliError } from '../cli-error';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { EXIT } from '../exit-codes';
import { waitForResult } from '../wait-for-result';

interface FinalizeOptions {
  yes?: boolean;
  by?: string;
}

/** `finalize CLUSTER`: deletes the old data and the backups of finished phases; the point of no return. */
export function finalizeCommand(cli: Cli): void {
  addCommand(
    cli,
    'finalize <cluster>',
    'Delete the old data directories and backups of all finished phases: afterwards nothing can be rolled back.',
    ['pgpassage finalize orders', 'pgpassage finalize orders --yes --output json'],
  )
    .option('--yes', 'do not ask')
    .option('--by <name>', 'who decides (default: the OS user)')
    .action(answering(cli, finalize));
}

async function finalize(call: Call<FinalizeOptions>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  await confirm(call);
  const temporal = await call.temporal();
  const input = { cluster, by: options.by ?? terminal.user };
  const handle = await begin(temporal, {
    type: 'finalizeMigration',
    cluster,
    input,
    summary: `${cluster}: delete old data and backups`,
  });
  const phases = await waitForResult<{ phase: string; freedBytes: number }[]>(temporal, handle, (text) =>
    terminal.err(`${text}\n`),
  );
  const lines = phases.map(({ phase, freedBytes }) => `${phase}: ${bytes(freedBytes)} freed`);
  return { json: { cluster, phases }, text: lines.join('\n') || `Cluster ${cluster} had nothing left to finalize.` };
}

/** @throws CliError unless a person says so. */
async function confirm({ cluster, options, terminal }: Call<FinalizeOptions>): Promise<void> {
  if (options.yes) return;
  const what = `Finalizing deletes the old data directories and backups of all finished phases of "${cluster}"; afterwards nothing can be rolled back.`;
  if (!terminal.interactive)
    throw new CliError(EXIT.usage, `${what} There is nobody to ask here: say --yes. Nothing was deleted.`);
  const typed = await terminal.ask(`${what}\nType the cluster's name to go on: `);
  if (typed.trim() !== cluster) throw new CliError(EXIT.refused, 'That is not the name. Nothing was deleted.');
}
