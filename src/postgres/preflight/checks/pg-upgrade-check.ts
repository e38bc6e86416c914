import type { Check, Found } from '../check';
import type { PgUpgradeComplaint } from '../pg-upgrade-report';

export const pgUpgradeCheck: Check = {
  name: 'pg-upgrade-check',
  title: 'pg_upgrade --check finds nothing, live against the running server',
  mechanism: 'pg_upgrade --check: all of its report files',
  async run(context) {
    const report = await context.pgUpgradeReport();
    if (report.outcome !== 'unreachable')
      return report.complaints.flatMap((complaint) => findings(complaint, context.to.version));
    return [
      {
        ...{ severity: 'warning', effect: 'none', object: 'unix_socket_directories' },
        seen: 'it is empty, and pg_upgrade --check reaches a running server by its Unix socket alone, so it could not look',
        action: 'Set unix_socket_directories and restart at some quiet time, or rely on the rehearsal.',
      },
    ];
  },
};

function findings({ title, fatal, text, objects }: PgUpgradeComplaint, version: number): Found[] {
  const base = {
    severity: fatal ? 'blocker' : 'warning',
    effect: fatal ? 'ends the upgrade' : 'breaks later',
    version,
  } as const;
  const action = 'Do what pg_upgrade says, and run the pre-flight again.';
  if (objects.length === 0) return [{ ...base, object: title, seen: text, action }];
  return objects.map(({ database, name }) => ({ ...base, object: name, database, seen: `${title}: ${text}`, action }));
}
