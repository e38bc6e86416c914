import { output } from '../../../hosts/host';
import type { Layout } from '../../cluster';
import type { Check, Found, PreflightContext } from '../check';

export const logFile: Check = {
  name: 'log-file',
  title: 'Both servers can be started with the log file that the inventory names',
  mechanism: 'host: the OS user looks at the file and its directory',
  async run(context) {
    // Other service managers choose their log themselves.
    if (context.cluster.entry.service.manager !== 'pg_ctl') return [];
    // The old one as well: a phase that fails starts it again.
    return [...(await unwritable(context, context.from)), ...(await unwritable(context, context.to))];
  },
};

const LOOK = `
if [ -d "$1" ]; then echo directory
elif [ -e "$1" ]; then [ -w "$1" ] || echo file
elif [ ! -d "\${1%/*}" ]; then echo missing
elif [ ! -w "\${1%/*}" ] || [ ! -x "\${1%/*}" ]; then echo closed; fi`;

async function unwritable({ cluster, from }: PreflightContext, paths: Layout): Promise<Found[]> {
  const user = cluster.entry.osUser;
  const seen = (await output(cluster.host, { argv: ['sh', '-c', LOOK, 'sh', paths.logFile], user })).trim();
  if (seen === '') return [];
  const parent = paths.logFile.slice(0, paths.logFile.lastIndexOf('/'));
  const words: Record<string, string> = {
    directory: 'it is a directory',
    file: `the OS user ${user} can't write to it`,
    missing: `its directory ${parent} is not there, or the OS user ${user} can't see it`,
    closed: `the OS user ${user} can't make a file in its directory ${parent}`,
  };
  const which = paths.version === from.version ? ', so it would not be put back either when the phase fails' : '';
  return [
    {
      ...{ severity: 'blocker', effect: 'ends the upgrade', object: paths.logFile, version: paths.version },
      seen: `${words[seen]}: pg_ctl would not start PostgreSQL ${paths.version} with this log${which}`,
      action: `As root: install -d -o ${user} ${parent} (and chown what is there), or correct logFile in the inventory.`,
    },
  ];
}
