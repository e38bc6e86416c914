import { HostRefused, type Command, type CommandResult } from './host';

/** The OS user that a connection works as. */
export interface Login {
  user: string;
  root: boolean;
}

/** The argument vector that runs `argv` as `user` for somebody logged in as `login`. */
export function switchUser(login: Login, user: string, argv: readonly string[]): readonly string[] {
  if (login.user === user) return argv;
  // runuser needs root and asks PAM for no password; sudo -n fails at once where it would have to ask.
  return login.root ? ['runuser', '-u', user, '--', ...argv] : ['sudo', '-n', '-u', user, '--', ...argv];
}

/** The whole argument vector of a command: its user, and its environment, which sudo would drop if it came before. */
export function commandLine(login: Login, command: Command, wrap: readonly string[] = []): readonly string[] {
  const variables = Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`);
  const argv = [...wrap, ...(variables.length > 0 ? ['env', ...variables] : []), ...command.argv];
  return command.user === undefined ? argv : switchUser(login, command.user, argv);
}

/** Sudo's own words, in any language; a host name that it can't resolve is no refusal. */
const SUDO_SAID = /^(sudo: (?!unable to resolve host)|Sorry, user ).*$/m;

/** @throws HostRefused when it was sudo that did not let the command run. */
export function refuseBySudo(host: string, login: Login, command: Command, result: CommandResult): void {
  if (login.root || command.user === undefined || command.user === login.user) return;
  const said = SUDO_SAID.exec(result.stderr)?.[0];
  if (result.exitCode !== 1 || result.stdout !== '' || said === undefined) return;
  throw new HostRefused(
    `${host}: ${login.user} may not run as ${command.user} by sudo without a password: ${command.argv.join(' ').trim().split('\n')[0]} (${said}). ` +
      'Nothing was run. docs/hosts.md has the lines that sudoers needs.',
  );
}
