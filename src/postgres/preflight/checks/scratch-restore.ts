import type { Check, Found } from '../check';
import type { RestoreError } from '../schema-restore';

export const scratchRestore: Check = {
  name: 'scratch-restore',
  title: "The target version takes the whole cluster's schema",
  mechanism: 'scratch restore: what pg_upgrade would restore, database by database',
  afterRestore: true,
  async run(context) {
    const errors = await context.restoreErrors();
    return errors.map((error, index) => finding(error, errors.slice(0, index), context.to.version));
  },
};

function finding(error: RestoreError, before: RestoreError[], version: number): Found {
  const { object, database, message } = error;
  const cause = before.find((other) => other.database === database && follows(message, other.object));
  if (cause) {
    return {
      ...{ severity: 'notice', effect: 'ends the upgrade', object, database, version },
      seen: `it is refused only because ${cause.object} is: ${message}`,
      action: `See ${cause.object}.`,
    };
  }
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version },
    seen: `PostgreSQL ${version} refuses it: ${message}`,
    action: 'Change it to what both versions take, or drop it before the phase and create it anew afterwards.',
  };
}

/** Whether a message says that something is not there which was refused before. */
function follows(message: string, object: string): boolean {
  const name = object.replace(/^[a-z ]+ /, '').replace(/\(.*/, '');
  return /does not exist/.test(message) && message.replaceAll('"', '').includes(name.replaceAll('"', ''));
}
