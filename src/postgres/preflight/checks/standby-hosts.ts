import { checkContext } from '../context';
import type { Standby } from '../../cluster';
import type { Check, Found, PreflightContext } from '../check';
import { dataBytes, fileSystems, shortages, type Need } from './disk-space';
import { targetDirectory } from './ports-and-directories';
import { programs } from './target-binaries';

const TARGET_PROGRAMS = ['postgres', 'initdb', 'pg_ctl', 'pg_controldata', 'pg_basebackup'];
const OLD_PROGRAMS = ['postgres', 'pg_ctl', 'pg_controldata', 'pg_basebackup'];

export const standbyHosts: Check = {
  name: 'standby-hosts',
  title: "Every standby's host has the programs, a free directory and room for the rebuild",
  mechanism: "each standby's host: programs are run, directories, df",
  async run(context) {
    const bytes = context.cluster.standbys.length > 0 ? await dataBytes(context) : 0;
    const found = [];
    for (const standby of context.cluster.standbys) found.push(...(await onHost(context, standby, bytes)));
    return found;
  },
};

async function onHost(context: PreflightContext, standby: Standby, bytes: number): Promise<Found[]> {
  const { from, to, mode, targetPrepared } = context;
  const there = { ...checkContext(standby, { from: from.version, to: to.version, mode }), targetPrepared };
  const found = [
    ...(await programs(there, there.to, TARGET_PROGRAMS)),
    ...(await programs(there, there.from, OLD_PROGRAMS)),
    ...(await targetDirectory(there)),
    ...(await room(context, standby, there.to.dataDirectory, bytes)),
  ];
  return found.map((finding) => ({ ...finding, object: `${finding.object} on ${standby.host.name}` }));
}

async function room(context: PreflightContext, standby: Standby, path: string, bytes: number): Promise<Found[]> {
  const others = context.cluster.standbys.filter(({ host }) => host.name === standby.host.name);
  // Old and new stand side by side until finalize; standbys of one host share its disk.
  const needs: Need[] = others.map((other) => ({ path, bytes, what: `standby ${other.standby}` }));
  return shortages(needs, await fileSystems(standby, [path])).map(({ system, needed }) => ({
    ...{ severity: 'blocker', effect: 'breaks later', object: system.mount },
    seen: `${gigabytes(system.free)} are free and ${gigabytes(needed)} are needed to rebuild standby ${standby.standby} beside its old directory`,
    action: 'Free that much there, or take the standby out of the inventory and build it anew by hand.',
  }));
}

const gigabytes = (bytes: number): string => `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
