import { addCommand, answering, type Cli } from '../command';
import { phase } from '../options';
import { send } from '../send';

/** `reject CLUSTER --phase 15-16 --reason …`: ends the migration at a gate; what serves goes on serving. */
export function rejectCommand(cli: Cli): void {
  addCommand(
    cli,
    'reject <cluster>',
    'Reject the phase at the gate: the migration ends there, and what serves goes on serving.',
    ['pgpassage reject orders --phase 15-16 --reason "reports are slower"'],
  )
    .requiredOption('--phase <phase>', 'the phase at the gate, such as 15-16', phase)
    .requiredOption('--reason <text>', 'why')
    .option('--by <name>', 'who rejects (default: the OS user)')
    .action(
      answering<{ phase: string; reason: string; by?: string }>(cli, (call) => {
        const { phase: at, reason, by = call.terminal.user } = call.options;
        return send(call, 'reject', { phase: at, by, reason });
      }),
    );
}
