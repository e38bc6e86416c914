import { addCommand, answering, type Cli } from '../command';
import { length } from '../options';
import { send } from '../send';

/** `extend CLUSTER --for 12h`: watches longer before the gate can be approved. */
export function extendCommand(cli: Cli): void {
  addCommand(cli, 'extend <cluster>', 'Extend the soak at the gate, and with it the time for the approval.', [
    'pgpassage extend orders --for 12h',
  ])
    .requiredOption('--for <time>', 'how much longer', length)
    .option('--by <name>', 'who extends (default: the OS user)')
    .action(
      answering<{ for: string; by?: string }>(cli, (call) => {
        const { for: duration, by = call.terminal.user } = call.options;
        return send(call, 'extend', { by, duration });
      }),
    );
}
