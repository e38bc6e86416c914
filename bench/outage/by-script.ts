import { join } from 'node:path';
import { asUser } from '../../sandbox/os-user';
import { shellCommand } from '../../src/hosts/quote';
import { layout, program } from '../../src/postgres/cluster';
import { marks } from '../../src/postgres/upgrade/outage-script';
import type { Contender } from '../benchmark';
import { runGroup } from '../process-group';
import { CLUSTER, type Stage } from '../stage';

/** The document's order: stop, check, upgrade, start. Nothing is done for the server before it is stopped. */
export const runbook: Contender = (stage, ending) => {
  const { stop, check, upgrade, start } = commands(stage);
  return runScript(stage, { stop, check, upgrade, start }, ending);
};

/** The least that an upgrade by link takes, with all the rest done before, the CHECKPOINT too. */
export const floor: Contender = async (stage, ending) => {
  const { stop, upgrade, start } = commands(stage);
  await stage.server.psql('checkpoint');
  return runScript(stage, { stop, upgrade, start }, ending);
};

function commands({ clusters, options, root }: Stage): Record<'stop' | 'check' | 'upgrade' | 'start', string[]> {
  const cluster = clusters.get(CLUSTER);
  const [from, to] = [layout(cluster, options.from), layout(cluster, options.to)];
  const upgrade = [
    program(to, 'pg_upgrade'),
    `--old-bindir=${from.binDirectory}`,
    `--new-bindir=${to.binDirectory}`,
    `--old-datadir=${from.dataDirectory}`,
    `--new-datadir=${to.dataDirectory}`,
    // The document runs it as the OS user `postgres`; here the servers' OS user may have another name.
    `--username=${cluster.entry.admin.user}`,
  ];
  const log = join(root, `${options.to}.log`);
  return {
    stop: [program(from, 'pg_ctl'), '-D', from.dataDirectory, '-w', '-m', 'fast', 'stop'],
    check: [...upgrade, '--check'],
    upgrade: [...upgrade, '--link'],
    start: [program(to, 'pg_ctl'), '-D', to.dataDirectory, '-w', '-l', log, 'start'],
  };
}

async function runScript(stage: Stage, steps: Record<string, string[]>, ending: AbortSignal): ReturnType<Contender> {
  const { osUser, socketDirectory } = stage.server;
  const lines = [
    'set -e',
    'mark() { echo "@ $1 $(date +%s%3N)"; }',
    'cd "$1"', // pg_upgrade's servers have their sockets in the working directory, so its path is to be short
    ...Object.entries(steps).flatMap(([name, argv]) => [`mark ${name}`, shellCommand(argv)]),
    'mark served',
  ];
  return marks(await runGroup(asUser(osUser, ['bash', '-c', lines.join('\n'), 'bash', socketDirectory]), ending));
}
