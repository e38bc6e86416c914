import { lookAtStandby } from '../../standby/look';
import { parseSynchronousNames } from '../../standby/synchronous-names';
import type { Check, Found } from '../check';

export const synchronousReplication: Check = {
  name: 'synchronous-replication',
  title: 'No commit on the new server waits for a standby that is not there',
  mechanism: 'setting: synchronous_standby_names; a connection to each standby',
  async run(context) {
    const [{ names }] = await context.sql(undefined, (sql) =>
      sql.query<{ names: string }>(`select current_setting('synchronous_standby_names') as names`),
    );
    const wanted = parseSynchronousNames(names);
    if (!wanted) return [];
    // One that does not answer is the finding of the check `standbys`.
    const asked = await Promise.allSettled(context.cluster.standbys.map((standby) => lookAtStandby(standby)));
    const rebuilt = asked.flatMap((each) => (each.status === 'fulfilled' ? [each.value.applicationName] : []));
    const held: Found = {
      ...{ severity: 'warning', effect: 'changes meaning', object: 'synchronous_standby_names' },
      seen: `it is "${names}"; the new server starts with it empty, and commits are not synchronous until a standby streams`,
      action: 'Nothing: it is put back by itself when enough of the standbys that it names stream from the new server.',
    };
    if (rebuilt.filter((name) => wanted.includes(name)).length >= wanted.count) return [held];
    return [
      held,
      {
        ...{ severity: 'warning', effect: 'breaks later', object: 'synchronous_standby_names' },
        seen: `it wants ${wanted.count} of the standbys that it names, and the inventory's go by ${rebuilt.join(', ') || 'no such name'}`,
        action: 'Build the others anew after the phase: until they stream, the gate says so and holds the approval.',
      },
    ];
  },
};
