import { Option, type Command } from 'commander';
import type { RuvectorInspection } from '../../activities/ruvector';
import { ruvectorChecklistInput, ruvectorRollbackInput, ruvectorUpgradeInput } from '../../migration/ruvector';
import type { VectorProgress } from '../../migration/ruvector-progress';
import type { ChecklistLine } from '../../ruvector/checklist/run';
import { renderText } from '../../report/render-text';
import { checklistDocument, ruvectorPlanDocument, vectorDocument } from '../../report/vector-document';
import { begin } from '../begin';
import { addCommand, answering, type Answer, type Call, type Cli } from '../command';
import { EXIT } from '../exit-codes';
import { look } from '../look-only';
import { checkedInput } from '../vector-input';
import { waitForResult } from '../wait-for-result';

interface UpgradeOptions {
  database: string;
  extension?: string;
  to: string;
  method?: string;
  operatorClass?: string;
  rehearse: boolean;
  accept?: string[];
  recallLoss?: number;
  ignoreWindow?: boolean;
}

/** `ruvector-plan`, `ruvector-upgrade`, `ruvector-rollback`, `ruvector-checklist`. */
export function ruvectorCommands(cli: Cli): void {
  const plan = addCommand(
    cli,
    'ruvector-plan <cluster>',
    "Show what an upgrade of a database's vector extension would do; changes nothing.",
    ['pgpassage ruvector-plan orders --database app --to 2.0.0'],
  );
  addUpgradeOptions(plan).action(answering(cli, planUpgrade));
  const upgrade = addCommand(
    cli,
    'ruvector-upgrade <cluster>',
    "Take a database's vector extension to another version, and wait for the end. What fails is taken back.",
    ['pgpassage ruvector-upgrade orders --database app --to 2.0.0 --accept generated-columns'],
  );
  addUpgradeOptions(upgrade).action(answering(cli, runUpgrade));
  addDatabaseOptions(
    addCommand(
      cli,
      'ruvector-rollback <cluster>',
      'Go back to the version that the newest upgrade came from; nothing is lost.',
      ['pgpassage ruvector-rollback orders --database app'],
    ),
  )
    .option('--by <name>', 'who asks (default: the OS user)')
    .action(answering(cli, rollBack));
  addDatabaseOptions(
    addCommand(
      cli,
      'ruvector-checklist <cluster>',
      "Run the runbook's checklist for the vector extension, and record sign-offs.",
      [
        'pgpassage ruvector-checklist orders --database app --from 0.1.0 --to 2.0.0',
        'pgpassage ruvector-checklist orders --database app --from 0.1.0 --to 2.0.0 --sign-off dashboards --note "panels changed"',
      ],
    ),
  )
    .requiredOption('--from <version>', 'version that the applications were made for')
    .requiredOption('--to <version>', 'version to go to')
    .option('--sign-off <line...>', 'lines that a person answers for')
    .option('--note <text>', 'why they will do')
    .option('--by <name>', 'who answers for them (default: the OS user)')
    .action(answering(cli, checklist));
}

function addDatabaseOptions(command: Command): Command {
  return command
    .requiredOption('--database <name>', 'the database')
    .option('--extension <name>', "the extension's name (default: ruvector)");
}

function addUpgradeOptions(command: Command): Command {
  return addDatabaseOptions(command)
    .requiredOption('--to <version>', 'version to go to, as pg_available_extension_versions has it')
    .option('--method <name>', 'access method of the new indexes, where more than one could stand for the old one')
    .option('--operator-class <name>', 'operator class of the new indexes')
    .option('--no-rehearse', 'do not upgrade a copy of the tables first')
    .option('--accept <check...>', 'checks whose blockers a person has judged and accepts')
    .addOption(new Option('--recall-loss <part>', 'how much recall an index may lose (default: 0.1)').argParser(Number))
    .option('--ignore-window', "do not wait for the inventory's maintenance window");
}

function upgradeInput({ cluster, options }: Call<UpgradeOptions>): object {
  const { database, extension, to, method, operatorClass, accept, recallLoss } = options;
  const rehearse = options.rehearse ? undefined : false;
  const window = options.ignoreWindow ? 'ignore' : undefined;
  return checkedInput(ruvectorUpgradeInput, {
    cluster,
    database,
    extension,
    to,
    method,
    operatorClass,
    accept,
    recallLoss,
    rehearse,
    window,
  });
}

async function planUpgrade(call: Call<UpgradeOptions>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  const seen = await look<RuvectorInspection>(
    call,
    'ruvectorPlan',
    'ruvector-plan',
    upgradeInput(call),
    `vectors of ${options.database} → ${options.to}`,
  );
  const text = renderText(ruvectorPlanDocument(cluster, options.database, seen), terminal.size().columns);
  return { json: seen, text, exit: seen.blockers.length > 0 ? EXIT.blocked : EXIT.ok };
}

async function runUpgrade(call: Call<UpgradeOptions>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  const summary = `${cluster}: vectors of ${options.database} → ${options.to}`;
  const input = upgradeInput(call);
  const temporal = await call.temporal();
  const handle = await begin(temporal, { type: 'ruvectorUpgrade', cluster, input, summary });
  terminal.err(`${summary}: workflow ${handle.workflowId}. It goes on when this command is left.\n`);
  const result = await waitForResult<VectorProgress>(temporal, handle, (text) => terminal.err(`${text}\n`));
  return { json: result, text: renderText(vectorDocument(result), terminal.size().columns) };
}

async function rollBack(call: Call<{ database: string; extension?: string; by?: string }>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  const { database, extension, by = terminal.user } = options;
  const input = checkedInput(ruvectorRollbackInput, { cluster, database, extension, by });
  const temporal = await call.temporal();
  const handle = await begin(temporal, {
    type: 'ruvectorRollback',
    cluster,
    input,
    summary: `${cluster}: vectors of ${database} back`,
  });
  const result = await waitForResult<{ version: string; said: string }>(temporal, handle, (text) =>
    terminal.err(`${text}\n`),
  );
  return { json: { cluster, ...result }, text: result.said };
}

interface ChecklistOptions {
  database: string;
  extension?: string;
  from: string;
  to: string;
  signOff?: string[];
  note?: string;
  by?: string;
}

async function checklist(call: Call<ChecklistOptions>): Promise<Answer> {
  const { cluster, options, terminal } = call;
  const { database, extension, from, to, note, by = terminal.user } = options;
  const signOff = options.signOff?.map((line) => ({ line, by, note: note ?? '' }));
  const input = checkedInput(ruvectorChecklistInput, { cluster, database, extension, from, to, signOff });
  const lines = await look<ChecklistLine[]>(
    call,
    'ruvectorChecklist',
    'ruvector-checklist',
    input,
    `checklist of ${database}`,
  );
  const open = lines.some(({ outcome }) => outcome === 'failed' || outcome === 'needs sign-off');
  const text = renderText(checklistDocument(cluster, database, lines), terminal.size().columns);
  return { json: lines, text, exit: open ? EXIT.blocked : EXIT.ok };
}
