import { writeFile } from '../../../hosts/files';
import type { Check, Found, PreflightContext } from '../check';
import type { ScratchServer } from '../scratch-server';
import { some } from './sql';

/** Passwords of this kind are deprecated from this version on. */
const MD5_DEPRECATED = 18;

export const md5Passwords: Check = {
  name: 'md5-passwords',
  title: 'No role has a password of the kind that 18 deprecates',
  mechanism: 'catalog: pg_authid',
  async run(context) {
    const rows = await context.sql(undefined, (sql) =>
      sql.query<{ rolname: string }>(
        `select rolname from pg_authid where rolpassword ~ '^md5[0-9a-f]{32}$' order by 1`,
      ),
    );
    if (rows.length === 0) return [];
    const names = rows.map(({ rolname }) => rolname);
    return [
      {
        severity: context.to.version >= MD5_DEPRECATED ? 'warning' : 'notice',
        effect: 'breaks later',
        object: names.length === 1 ? `role ${names[0]}` : `roles ${some(names, 10)}`,
        version: MD5_DEPRECATED,
        seen: 'md5 passwords: they still work in 18, which warns of each one that is set, and a later version will drop them',
        action:
          'Set the password anew with password_encryption = scram-sha-256, once every client library can speak it.',
      },
    ];
  },
};

interface Rule {
  file_name?: string;
  line_number: number;
  error: string;
}

export const authenticationRules: Check = {
  name: 'authentication-rules',
  title: 'The target version takes every line of pg_hba.conf and pg_ident.conf',
  mechanism: 'scratch server: reads both files; catalog: pg_hba_file_rules',
  async run(context) {
    const scratch = await context.scratch();
    const [files] = await context.sql(undefined, (sql) =>
      sql.query<{ hba: string; ident: string }>(
        `select current_setting('hba_file') as hba, current_setting('ident_file') as ident`,
      ),
    );
    const rules = await refusedLines(context, scratch, { 'pg_hba.conf': files.hba, 'pg_ident.conf': files.ident });
    return [...rules.map((rule) => refused(context, rule)), ...(await changedRules(context))];
  },
};

/**
 * Which lines of the files the target refuses. The views read the files anew each time without putting them into force,
 * and since 16 a file can include another, so that errors are told with the place where they lie. The scratch server's own
 * files are not put back: it reads them at a start or reload, of which there is none after this.
 */
async function refusedLines(
  { cluster }: PreflightContext,
  scratch: ScratchServer,
  files: Record<string, string>,
): Promise<Rule[]> {
  for (const [name, file] of Object.entries(files)) {
    const path = `${scratch.dataDirectory}/${name}`;
    await writeFile(cluster.host, path, `include "${file}"\n`, { user: cluster.entry.osUser });
  }
  return scratch.query<Rule>(
    `select file_name, line_number, error from pg_catalog.pg_hba_file_rules where error is not null
     union all
     select file_name, line_number, error from pg_catalog.pg_ident_file_mappings where error is not null`,
  );
}

function refused({ to }: PreflightContext, { file_name, line_number, error }: Rule): Found {
  return {
    ...{ severity: 'blocker', effect: 'breaks later', object: `${file_name} line ${line_number}`, version: to.version },
    seen: `PostgreSQL ${to.version} refuses it: ${error}; a server with such a line does not start`,
    action:
      'Correct or remove the line and reload. If its method is missing, install a build that has it (ldap, pam, gss, ICU and others are options).',
  };
}

/** From 16 on a name that begins with a slash is a regular expression. */
async function changedRules(context: PreflightContext): Promise<Found[]> {
  if (context.from.version >= 16) return [];
  const rows = await context.sql(undefined, (sql) =>
    sql.query<{ line_number: number; name: string; file: string }>(
      `select line_number, name, current_setting('hba_file') as file from pg_hba_file_rules cross join unnest(database || user_name) name
        where name like '/%' order by 1`,
    ),
  );
  return rows.map(({ line_number, name, file }) => ({
    ...{ severity: 'warning', effect: 'changes meaning', object: `${file} line ${line_number}`, version: 16 },
    seen: `${name} begins with a slash: up to 15 a name, from 16 on a regular expression that may let others in`,
    action: 'Put the name into double quotes with its slash escaped as a pattern, or rename what it names.',
  }));
}
