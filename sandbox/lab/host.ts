import { boot, commandLines, inside, powerCut } from './container';
import { setCable } from './network';

/** A running host of the lab. */
export class LabHost {
  /** @param binds arguments of systemd-nspawn for what of the machine it sees. */
  constructor(
    readonly name: string,
    readonly address: string,
    readonly binds: string[],
  ) {}

  /**
   * Runs a command as root, past the network.
   * @param input for its standard input.
   * @returns its standard output. @throws Error when it fails.
   */
  run(argv: string[], input?: string): Promise<string> {
    return inside(this.name, argv, input);
  }

  /** Whether a process of the host has a command line that matches. */
  async runs(program: RegExp): Promise<boolean> {
    return (await commandLines(this.name)).some((line) => program.test(line));
  }

  /** Ends all its processes at once. What its kernel had not written yet is written all the same: it is the machine's. */
  powerCut(): Promise<void> {
    return powerCut(this.name);
  }

  /** Starts it after a power cut, and returns when its sshd answers. */
  boot(): Promise<void> {
    return boot(this.name, this.address, this.binds);
  }

  /** Nobody reaches it and it reaches nobody; connections stay open at both ends. */
  cutNetwork(): Promise<void> {
    return setCable(this.name, 'down');
  }

  restoreNetwork(): Promise<void> {
    return setCable(this.name, 'up');
  }
}
