import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';

/** A temporary OS user who may log in, and may do by sudo what a test lets it. Needs root. */
export class NormalUser {
  private constructor(readonly name: string) {}

  static add(): NormalUser {
    const name = `pgpt${process.pid}`;
    // sshd without PAM takes a password of `!` for a locked account.
    execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', '--password', '*', name]);
    return new NormalUser(name);
  }

  maySudo(...users: string[]): void {
    writeFileSync(this.sudoers, `${this.name} ALL=(${users.join(',')}) NOPASSWD: ALL\n`, { mode: 0o440 });
  }

  remove(): void {
    rmSync(this.sudoers, { force: true });
    execFileSync('userdel', [this.name]);
  }

  private get sudoers(): string {
    return `/etc/sudoers.d/${this.name}`;
  }
}
