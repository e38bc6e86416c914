import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { userInfo } from 'node:os';
import { freePort } from '../../sandbox/free-port';
import { send } from '../../sandbox/processes';
import type { SshSettings } from '../../src/hosts/ssh/settings';

const SSHD = '/usr/sbin/sshd';

/** A real sshd on 127.0.0.1 with keys of its own. Without root it can log in nobody but this user. */
export class Sshd {
  private static readonly running = new Set<Sshd>();

  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly server: ChildProcess,
  ) {}

  static async start(directives: string[] = []): Promise<Sshd> {
    const directory = mkdtempSync('/tmp/pgp-sshd-');
    chmodSync(directory, 0o755);
    if (!existsSync(SSHD)) throw new Error(`these tests need ${SSHD}: Debian's package is openssh-server`);
    if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true });
    for (const name of ['host', 'client', 'stranger']) makeKey(`${directory}/${name}`);
    writeFileSync(`${directory}/authorized_keys`, readFileSync(`${directory}/client.pub`));
    const port = await freePort();
    writeFileSync(`${directory}/sshd_config`, configuration(directory, port, directives));
    writeFileSync(`${directory}/known_hosts`, knownHostsLine(port, `${directory}/host.pub`));
    const server = spawn(SSHD, ['-D', '-f', `${directory}/sshd_config`, '-E', `${directory}/log`]);
    await answers(port);
    const sshd = new Sshd(directory, port, server);
    Sshd.running.add(sshd);
    return sshd;
  }

  /** Stops those that this test file started. */
  static stopAll(): void {
    for (const sshd of Sshd.running) sshd.stop();
  }

  settings(others: Partial<SshSettings> = {}): SshSettings {
    return {
      name: 'db1',
      address: '127.0.0.1',
      port: this.port,
      user: userInfo().username,
      key: this.key('client'),
      knownHosts: `${this.directory}/known_hosts`,
      ...others,
    };
  }

  key(name: 'client' | 'stranger'): { reference: string; read(): string } {
    const file = `${this.directory}/${name}`;
    return { reference: `file:${file}`, read: () => readFileSync(file, 'utf8') };
  }

  /** Process IDs of the connections' own processes. */
  sessions(): number[] {
    try {
      const said = execFileSync('pgrep', ['-P', String(this.server.pid)], { encoding: 'utf8' });
      return said.trim().split('\n').map(Number);
    } catch (error) {
      if ((error as { status?: number }).status === 1) return []; // pgrep: none
      throw error;
    }
  }

  /** Cuts every connection; whatever was started over them is left alone. */
  cut(): void {
    // One connection can go through another, and ends with it.
    for (const pid of this.sessions()) send(pid, 'SIGKILL');
  }

  stop(): void {
    Sshd.running.delete(this);
    this.cut();
    this.server.kill('SIGTERM');
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function makeKey(file: string): void {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
}

export function knownHostsLine(port: number, publicKey: string): string {
  return `[127.0.0.1]:${port} ${readFileSync(publicKey, 'utf8')}`;
}

function configuration(directory: string, port: number, directives: string[]): string {
  return [
    ...directives, // sshd takes the first of a kind
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${directory}/host`,
    `AuthorizedKeysFile ${directory}/authorized_keys`,
    'PidFile none',
    'SetEnv SHLVL=1', // bash reads this machine's .bashrc else, at every command
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    '',
  ].join('\n');
}

async function answers(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const answered = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, '127.0.0.1');
      socket.once('data', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('data', () => socket.destroy());
    });
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`sshd does not answer on port ${port} within 5 s`);
}
