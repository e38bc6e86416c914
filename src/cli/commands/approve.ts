import { addCommand, answering, type Call, type Cli } from '../command';
import { phase } from '../options';
import { send } from '../send';

interface ApproveOptions {
  phase: string;
  by?: string;
  note?: string;
  evidence?: string;
  acceptAlarm?: string[];
  early?: boolean;
}

/** `approve CLUSTER --phase 15-16`: lets the migration go on from a gate. */
export function approveCommand(cli: Cli): void {
  addCommand(cli, 'approve <cluster>', 'Approve the phase at the gate: the migration goes on to the next one.', [
    'pgpassage approve orders --phase 15-16 --evidence 3f2a9c01 --note "checked with the shop team"',
    'pgpassage approve orders --phase 15-16 --early --accept-alarm cpu',
  ])
    .requiredOption('--phase <phase>', 'the phase at the gate, such as 15-16', phase)
    .option('--by <name>', 'who approves (default: the OS user)')
    .option('--note <text>', 'why, for the report')
    .option('--evidence <id>', 'the evidence that was looked at, as status shows it; refused when there is newer')
    .option('--accept-alarm <name...>', 'alarms that were judged and are accepted')
    .option('--early', 'cut the soak short')
    .action(answering<ApproveOptions>(cli, approve));
}

function approve(call: Call<ApproveOptions>): ReturnType<typeof send> {
  const { phase: at, by = call.terminal.user, note, evidence, acceptAlarm, early } = call.options;
  return send(call, 'approve', { phase: at, by, note, evidence, acceptAlarms: acceptAlarm, early });
}
