import { addCommand, answering, type Cli } from '../command';
import { send } from '../send';

/** `pause CLUSTER`: no further step starts until `resume`. */
export function pauseCommand(cli: Cli): void {
  addCommand(
    cli,
    'pause <cluster>',
    'Pause the migration: no further step starts. A step that runs goes on to its end.',
    ['pgpassage pause orders --reason "incident 4711"'],
  )
    .option('--by <name>', 'who pauses (default: the OS user)')
    .option('--reason <text>', 'why')
    .action(
      answering<{ by?: string; reason?: string }>(cli, (call) => {
        const { by = call.terminal.user, reason } = call.options;
        return send(call, 'pause', { by, reason });
      }),
    );
}
