/** Things to end when a program ends, however it ends. */
export interface Cleanup {
  /** Registers what to do; the latest registered is done first. `name` says in an error what could not be ended. */
  add(name: string, end: () => Promise<void>): void;
  /** Does it all, once; later calls wait for the first. Reports what failed on stderr and goes on with the rest. */
  run(): Promise<void>;
}

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

/**
 * Makes a registry that runs on SIGINT, SIGTERM and SIGHUP, and then ends the process with 128 + the signal's number.
 * A normal end has to call `run()`. Register before starting the thing, with an `end` that also does when nothing has
 * started yet: a signal may come in between. Further signals change nothing, because Ctrl-C under npm arrives twice.
 */
export function cleanupOnExit(): Cleanup {
  const steps: { name: string; end: () => Promise<void> }[] = [];
  let running: Promise<void> | undefined;

  const runAll = async (): Promise<void> => {
    for (let step = steps.pop(); step; step = steps.pop()) {
      const { name, end } = step;
      await end().catch((error: unknown) => console.error(`Could not end ${name}: ${String(error)}`));
    }
  };
  const run = (): Promise<void> => (running ??= runAll());

  for (const [signal, number] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      void run().then(() => process.exit(128 + number));
    });
  }
  return { add: (name, end) => void steps.push({ name, end }), run };
}
