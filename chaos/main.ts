import { CommanderError } from 'commander';
import { writeFileSync } from 'node:fs';
import { cleanupOnExit } from '../sandbox/cleanup';
import { downOwnLab } from '../sandbox/lab/down';
import { upLab } from '../sandbox/lab/lab';
import { Arena } from './arena';
import { matrixOf, type Cell } from './cell';
import { parseOptions, type ChaosOptions } from './options';
import { underFault } from './under-fault';

const EXIT_USAGE = 2;
/** Small, so that filling it takes no time; room for old and new cluster, backup and rehearsal. */
const DISK = { fileSystem: 'ext4', sizeMiB: 2_000 } as const;

async function main(args: string[]): Promise<number> {
  const cleanup = cleanupOnExit();
  try {
    const options = parseOptions(args);
    const names = Array.from({ length: options.hosts }, (_, index) => `db${index + 1}`);
    cleanup.add('the lab', downOwnLab);
    const lab = await upLab({ hosts: names, disks: Object.fromEntries(names.map((name) => [name, DISK])) });
    const arenas = await Promise.all(Object.values(lab.hosts).map((host) => Arena.open(lab, host)));
    for (const arena of arenas) cleanup.add(`the arena on ${arena.host.name}`, () => arena.close());
    const matrix = matrixOf(await allFaults(arenas, options));
    const { cells, survived, missing } = matrix.summary;
    if (options.json) writeFileSync(options.json, `${JSON.stringify(matrix, null, 2)}\n`);
    console.log(`${survived} of ${cells} cells survived, ${missing} acknowledged rows missing`);
    return survived === cells ? 0 : 1;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE;
    console.error(error instanceof Error && error.name === 'LabImpossible' ? error.message : error);
    return 1;
  } finally {
    await cleanup.run();
  }
}

/** Every arena takes the next fault as soon as it is free. */
async function allFaults(arenas: Arena[], { faults, points }: ChaosOptions): Promise<Cell[][]> {
  const waiting = [...faults];
  const attempts: Cell[][] = [];
  const work = async (arena: Arena): Promise<void> => {
    for (let fault = waiting.shift(); fault; fault = waiting.shift()) {
      attempts.push(...(await underFault(arena, fault, points, (text) => console.log(`${arena.host.name} ${text}`))));
    }
  };
  await Promise.all(arenas.map(work));
  return attempts;
}

void main(process.argv.slice(2)).then((code) => process.exit(code));
