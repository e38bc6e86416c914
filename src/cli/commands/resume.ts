import { addCommand, answering, type Cli } from '../command';
import { send } from '../send';

/** `resume CLUSTER`: goes on after `pause`. */
export function resumeCommand(cli: Cli): void {
  addCommand(cli, 'resume <cluster>', 'Go on with a paused migration.', ['pgpassage resume orders'])
    .option('--by <name>', 'who resumes (default: the OS user)')
    .action(
      answering<{ by?: string }>(cli, (call) => send(call, 'resume', { by: call.options.by ?? call.terminal.user })),
    );
}
