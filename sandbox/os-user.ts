import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';

/** An account of this machine. */
export interface OsUser {
  name: string;
  uid: number;
  gid: number;
}

const known = new Map<string, OsUser | undefined>();

/** Looks an account up by name; undefined when there is none. */
function lookUp(name: string): OsUser | undefined {
  if (!known.has(name)) known.set(name, askId(name));
  return known.get(name);
}

function askId(name: string): OsUser | undefined {
  const id = (flag: string): number =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { name, uid: id('-u'), gid: id('-g') };
  } catch (error) {
    if ((error as { status?: number }).status === 1) return undefined; // id: no such user
    throw error;
  }
}

/**
 * The account that database servers run as. PostgreSQL refuses to run as root, so root's servers run as `postgres` if
 * there is such an account, else as `nobody`; everybody else's run as themselves. `provision.sh` has the same rule.
 */
export function serverUser(): OsUser {
  const { username, uid, gid } = userInfo();
  if (uid !== 0) return { name: username, uid, gid };
  const user = lookUp('postgres') ?? lookUp('nobody');
  if (!user) throw new Error('Root has no account to run PostgreSQL as: create an OS user named postgres.');
  return user;
}

/**
 * The argument vector that runs `argv` as `user`. setpriv and not runuser or su: it needs no login shell (`nobody` has
 * none), opens no PAM session, and replaces itself by the command, so that signals and pids are the command's own.
 * @throws Error when there is no such account, or when this process is neither root nor that user.
 */
export function asUser(user: string, argv: string[]): string[] {
  const me = userInfo();
  if (me.username === user) return argv;
  if (me.uid !== 0) throw new Error(`Cannot run ${argv[0]} as ${user}: this process runs as ${me.username}, not root.`);
  const account = lookUp(user);
  if (!account) throw new Error(`Cannot run ${argv[0]} as ${user}: there is no such OS user.`);
  return ['setpriv', '--reuid', user, '--regid', String(account.gid), '--init-groups', '--', ...argv];
}
