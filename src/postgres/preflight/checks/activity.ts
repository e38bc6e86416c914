import type { Check } from '../check';

export const preparedTransactions: Check = {
  name: 'prepared-transactions',
  title: 'No prepared transaction is waiting for its end',
  mechanism: 'catalog: pg_prepared_xacts',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<{ gid: string; prepared: string; owner: string; database: string }>(
        'select gid, prepared::text, owner, database from pg_prepared_xacts order by prepared',
      ),
    );
    return rows.map(({ gid, prepared, owner, database }) => ({
      severity: 'blocker',
      effect: 'ends the upgrade',
      object: `prepared transaction ${gid}`,
      database,
      seen: `prepared by ${owner} at ${prepared}; pg_upgrade refuses a cluster with prepared transactions`,
      action: 'Ask its transaction manager, then COMMIT PREPARED or ROLLBACK PREPARED it in this database.',
    }));
  },
};

/** @param seconds from which age on a transaction is reported. */
export function longTransactionsOver(seconds: number): Check {
  return {
    name: 'long-transactions',
    title: 'No transaction has been open for more than an hour',
    mechanism: 'catalog: pg_stat_activity',
    async run(context) {
      const rows = await context.sql(undefined, (sql) =>
        sql.query<{ pid: number; who: string; state: string; age: string; datname: string }>(
          `select pid, usename || coalesce(' (' || nullif(application_name, '') || ')', '') as who, state, datname,
                  date_trunc('second', now() - xact_start)::text as age
             from pg_stat_activity
            where backend_type = 'client backend' and pid <> pg_backend_pid()
              and xact_start < now() - make_interval(secs => $1) order by xact_start`,
          [seconds],
        ),
      );
      return rows.map(({ pid, who, state, age, datname }) => ({
        severity: 'warning',
        effect: 'costs time or space',
        object: `session ${pid}`,
        database: datname,
        seen: `${who} has had a transaction open for ${age}, state ${state}; the stop would end it and undo its work`,
        action: `Let it finish before the window, or end it: select pg_terminate_backend(${pid}).`,
      }));
    },
  };
}

export const longTransactions = longTransactionsOver(3600);
