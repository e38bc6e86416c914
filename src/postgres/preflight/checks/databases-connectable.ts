import type { Check, Found } from '../check';

interface Database {
  datname: string;
  datallowconn: boolean;
  datconnlimit: number;
}

export const databasesConnectable: Check = {
  name: 'databases-connectable',
  title: 'Every database can be connected to, except template0',
  mechanism: 'catalog: pg_database; each one is connected to',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<Database & Record<string, unknown>>(
        'select datname, datallowconn, datconnlimit from pg_database order by 1',
      ),
    );
    const findings = rows.flatMap(stateFindings);
    for (const name of ['template0', 'template1'].filter(
      (template) => !rows.some(({ datname }) => datname === template),
    )) {
      findings.push(
        blocker(
          name,
          'it is not there, and pg_upgrade needs it',
          `CREATE DATABASE ${name} IS_TEMPLATE true, from the other template.`,
        ),
      );
    }
    for (const name of await context.upgradedDatabases()) {
      try {
        await context.sql(name, (sql) => sql.query('select 1'));
      } catch (error) {
        const action = 'Make it connectable for the admin, or drop it: pg_upgrade connects to each one.';
        findings.push(
          blocker(name, `connecting to it fails: ${error instanceof Error ? error.message : String(error)}`, action),
        );
      }
    }
    return findings;
  },
};

function blocker(name: string, seen: string, action: string): Found {
  return { severity: 'blocker', effect: 'ends the upgrade', object: `database ${name}`, database: name, seen, action };
}

function stateFindings({ datname, datallowconn, datconnlimit }: Database): Found[] {
  // A DROP DATABASE that was interrupted leaves -2.
  if (datconnlimit === -2) {
    return [
      blocker(
        datname,
        'it is invalid (datconnlimit is -2): its DROP DATABASE was interrupted',
        `DROP DATABASE "${datname}".`,
      ),
    ];
  }
  if (/[\n\r]/.test(datname)) {
    const action = 'ALTER DATABASE … RENAME TO a name without line breaks; clients connect by the new one.';
    return [blocker(datname, 'its name has a line break, which pg_upgrade can give to no program', action)];
  }
  if (datname === 'template0') {
    const action = "UPDATE pg_database SET datallowconn = false WHERE datname = 'template0'.";
    return datallowconn ? [blocker(datname, 'it accepts connections, which pg_upgrade refuses', action)] : [];
  }
  if (datallowconn) return [];
  const action = `ALTER DATABASE "${datname}" ALLOW_CONNECTIONS true, or drop it if nobody needs it.`;
  return [blocker(datname, 'it accepts no connections (datallowconn is false), which pg_upgrade refuses', action)];
}
