import { Option } from 'commander';
import { DEFAULT_OPTIONS } from '../../ruvector/rewrite/names';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { CliError } from '../cli-error';
import { EXIT } from '../exit-codes';
import { rewriteDatabase } from '../rewrite/database';
import { rewriteFiles } from '../rewrite/files';
import type { RewriteSqlOptions } from '../rewrite/options';

/** `rewrite-sql PATHS…`: calls of RuVector's distance functions become operators, in files or as a report on a database. */
export function rewriteSqlCommand(cli: Cli): void {
  addCommand(
    cli,
    'rewrite-sql',
    "Rewrite calls of RuVector 0.1.0's distance functions in SQL files and in the strings of Python, TypeScript, JavaScript, Java and Go; shows a diff and changes nothing without --write.",
    [
      'pgpassage rewrite-sql src migrations',
      'pgpassage rewrite-sql src --write',
      'pgpassage rewrite-sql src --check',
      'pgpassage rewrite-sql --cluster orders --database app',
    ],
  )
    .argument('[paths...]', 'files and directories')
    .option('--write', 'change the files')
    .option('--check', 'for CI: end with 10 when calls would be rewritten, with 11 when something could not be judged')
    .addOption(
      new Option('--to <form>', 'what to write').choices(['operators', 'functions']).default(DEFAULT_OPTIONS.to),
    )
    .option('--schema <name...>', 'schemas in which the extension is (default: public, and other ones are reported)')
    .addOption(
      new Option('--inner-product <value>', 'what <#> returns: as in the published extension, or as in pgvector')
        .choices(['plain', 'negative'])
        .default(DEFAULT_OPTIONS.innerProduct),
    )
    .option('--fragments', 'rewrite strings that are a piece of a statement only', DEFAULT_OPTIONS.fragments)
    .option('--cluster <name>', 'report on a database of this cluster instead of files; needs --database')
    .option('--database <name>', "the database's name")
    .action(answering(cli, rewriteSql));
}

async function rewriteSql(call: Call<RewriteSqlOptions>): Promise<Answer> {
  const { paths, options } = call;
  const { cluster, database, write, check } = options;
  if (write && check) throw usage('--check changes nothing, so it does not go with --write');
  if (cluster === undefined && database === undefined) {
    if (paths.length === 0) throw usage('say which files or directories to read, or which --cluster and --database');
    return rewriteFiles(call);
  }
  if (cluster === undefined || database === undefined) throw usage('--cluster and --database go together');
  if (paths.length > 0 || write)
    throw usage('a database is only reported on: PATHS and --write do not go with --cluster');
  return rewriteDatabase(call, { cluster, database });
}

function usage(message: string): CliError {
  return new CliError(EXIT.usage, `${message}. Nothing was changed.`);
}
