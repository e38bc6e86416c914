import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault';
import { inOutage } from '../points';

const FOR_MS = 4_000;
/** Enough for the server to go on for as long, and too little for a copy of it. */
const LEFT_MIB = 24;
const FILLER = '/var/lib/postgresql/filler';

/** The disk with data, backups and work directory is full for a while. */
export const diskFull: Fault = {
  name: 'disk full',
  strike: async (arena, point) => {
    const fill = `free=$(df --output=avail --block-size=1M "$2" | tail -n 1)
[ "$free" -le ${LEFT_MIB} ] || fallocate --length "$((free - ${LEFT_MIB}))M" "$1"`;
    await arena.host.run(['sh', '-c', fill, 'sh', FILLER, '/var/lib/postgresql']);
    await sleep(FOR_MS);
    await arena.host.run(['rm', '-f', FILLER]);
    if (!inOutage(point)) await arena.operatorStarts(arena.serving);
  },
};
