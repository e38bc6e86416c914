import { MAIN_DATABASE } from '../sandbox/seed/seed';
import { CLUSTER, type Stage, WRITER } from './stage';

/** How to look at the migration from elsewhere while the demo runs. */
export function watchingHints({ temporal }: Stage): string[] {
  return [
    '  In another terminal, from the same directory:',
    `    export TEMPORAL_ADDRESS=${temporal.address}`,
    `    alias pgpassage='node lib/src/client.js'`,
    `    pgpassage status ${CLUSTER} --watch`,
  ];
}

/** How to use what `--keep` leaves running, and how to end it. */
export function keptHints(stage: Stage): string[] {
  const { server, temporalServer, directory } = stage;
  const psql = `${directory}/versions/18/psql -h 127.0.0.1 -p ${server.port} -U ${WRITER} -d ${MAIN_DATABASE}`;
  return [
    'Left running:',
    `  Temporal UI   ${temporalServer.uiUrl}`,
    `  PostgreSQL    PGPASSWORD=${server.passwords[WRITER]} ${psql}`,
    `  superuser     the same with -U postgres and the password in ${server.passwordFile}`,
    `  CLI           export TEMPORAL_ADDRESS=${stage.temporal.address}`,
    `                alias pgpassage='node lib/src/client.js'`,
    `                pgpassage report ${CLUSTER}`,
    `                pgpassage rollback ${CLUSTER} --to 17 --accept writes-since-17-18`,
    `  inventory     ${directory}/inventory.yaml`,
    `  worker's log  ${stage.worker.logFile}`,
    'To end it and to remove its directory:',
    `  node lib/demo/stop.js ${directory}`,
  ];
}

/** What to do after a demo that has been removed. */
export const NEXT = [
  'All that the demo started is ended and removed. What to look at next:',
  '  npm run demo -- --keep          leaves it running, with the Temporal UI, the CLI and the way back to try',
  '  npm run demo                    asks at every gate: approve, roll back or reject',
  '  node lib/src/client.js --help   the CLI',
];
