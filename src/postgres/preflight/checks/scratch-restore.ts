import type { Check, Found } from '../check';
import type { RestoreError } from '../schema-restore';

export const scratchRestore: Check = {
  name: 'scratch-restore',
  title: "The target version takes the whole cluster's schema",
  mechanism: 'scratch restore: what pg_upgrade would restore, database by database',
  afterRestore: true,
  async run(context) {
    const errors = await context.restoreErrors();
    return errors.filter(isFirst).map((error) => {
      const cause = causeOf(error, errors.slice(0, errors.indexOf(error)));
      return cause ? following(error, cause, context.to.version) : refused(error, context.to.version);
    });
  },
};

/** What is refused cannot be given an owner or privileges either; the first error of an object is the one that counts. */
function isFirst(error: RestoreError, index: number, errors: RestoreError[]): boolean {
  return errors.findIndex(({ database, object }) => database === error.database && object === error.object) === index;
}

function refused({ object, database, message }: RestoreError, version: number): Found {
  return {
    ...{ severity: 'blocker', effect: 'ends the upgrade', object, database, version },
    seen: `PostgreSQL ${version} refuses it: ${message}`,
    action: 'Change it to what both versions take, or drop it before the phase and create it anew afterwards.',
  };
}

function following({ object, database, message }: RestoreError, cause: RestoreError, version: number): Found {
  return {
    ...{ severity: 'notice', effect: 'ends the upgrade', object, database, version },
    seen: `it is refused only because ${cause.object} is: ${message}`,
    action: `See ${cause.object}.`,
  };
}

function causeOf(error: RestoreError, before: RestoreError[]): RestoreError | undefined {
  return before.find((other) => other.database === error.database && follows(error.message, other));
}

/** Whether a message says that something is not there which was refused before. */
function follows(message: string, { object, message: said }: RestoreError): boolean {
  // Of an extension's part, the message begins with its name.
  const refusedObject = object.startsWith('extension ') ? said.replace(/: .*/, '') : object;
  const name = refusedObject.replace(/^[a-z ]+ /, '').replace(/\(.*/, '');
  return /does not exist/.test(message) && message.replaceAll('"', '').includes(name.replaceAll('"', ''));
}
