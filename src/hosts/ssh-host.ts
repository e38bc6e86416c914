import type { Duplex } from 'node:stream';
import { CommandFailed, type Command, type CommandResult, type Host, type Target } from './host';
import { shellCommand } from './quote';
import { commandLine, refuseBySudo, switchUser, type Login } from './run-as';
import { connectionTo } from './ssh/connection';
import { execute } from './ssh/exec';
import { forward } from './ssh/forward';
import type { SshSettings } from './ssh/settings';

const DEFAULT_TIMEOUT_MS = 60_000;
/** Exit code of timeout(1) when it had to kill. */
const KILLED = 137;

/** A machine that is reached by SSH, as root or as a user who may sudo without a password. */
export class SshHost implements Host {
  readonly name: string;
  private readonly login: Login;

  constructor(
    private readonly settings: SshSettings,
    readonly workDirectory: string,
  ) {
    this.name = settings.name;
    this.login = { user: settings.user, root: settings.user === 'root' };
  }

  as(user: string, argv: readonly string[]): readonly string[] {
    return switchUser(this.login, user, argv);
  }

  open(target: Target): Promise<Duplex> {
    return forward(connectionTo(this.settings), target);
  }

  async run(command: Command): Promise<CommandResult> {
    const timeoutMs = command.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const argv = commandLine(this.login, command, this.limit(command, timeoutMs));
    const began = performance.now();
    const result = await execute(connectionTo(this.settings), {
      // The home directory that a login begins in may be closed to the command's user.
      line: `cd / && exec ${shellCommand(argv)}`,
      argv: command.argv,
      input: command.input ?? '',
      timeoutMs,
    });
    refuseBySudo(this.name, this.login, command, result);
    if (result.exitCode !== KILLED || performance.now() - began < timeoutMs) return result;
    const stderr = `${result.stderr}\nended by SIGKILL after ${timeoutMs} ms`;
    throw new CommandFailed(this.name, command.argv, { ...result, stderr });
  }

  /**
   * The host itself ends a command that takes too long: it does so when the connection is gone, too. Commands as root by
   * sudo are left alone, so that sudoers can name them as they are.
   */
  private limit({ user }: Command, timeoutMs: number): readonly string[] {
    if (user === 'root' && !this.login.root) return [];
    return ['timeout', '-s', 'KILL', String(timeoutMs / 1000)];
  }
}
