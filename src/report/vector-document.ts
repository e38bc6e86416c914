import type { RuvectorInspection } from '../activities/ruvector';
import type { VectorProgress } from '../migration/ruvector-progress';
import type { ChecklistLine } from '../ruvector/checklist/run';
import type { UpgradePlan } from '../ruvector/plan';
import { facts, section, type Block, type Document } from './document';
import { findings } from './preflight-document';
import { count, span } from './wording';

/** A run on vectors as a report. */
export function vectorDocument(progress: VectorProgress): Document {
  const { cluster, database, outcome, status, next, wait, directory, wayBack } = progress;
  const pair = (waits?: { writesMs: number; readsMs: number }) =>
    waits && `writes ${waits.writesMs} ms, reads ${waits.readsMs} ms`;
  const overview = facts({
    next,
    directory,
    'way back': wayBack,
    'wait predicted': pair(wait.predicted),
    'wait measured': pair(wait.measured),
    'prediction missed': wait.missed,
  });
  return {
    title: `Vectors of ${database} on ${cluster}`,
    summary: status,
    tone: outcome === 'completed' ? 'good' : outcome === 'running' ? 'open' : 'bad',
    sections: [
      ...section('Overview', [{ kind: 'entries', entries: [{ title: outcome, facts: overview }] }, ...given(progress)]),
      ...section('Steps', [
        table(
          'what was done',
          ['step', 'state', 'ms', 'seen'],
          progress.steps.map((step) => [step.name, step.state, String(step.durationMs ?? ''), step.detail ?? '']),
        ),
      ]),
      ...section('Before and after', [
        table(
          'comparison',
          ['check', 'outcome', 'seen'],
          progress.checks.map((check) => [check.name, check.outcome, check.detail]),
        ),
      ]),
      ...section('Warnings', [
        table(
          'of the pre-flight',
          ['check', 'object', 'seen', 'to do'],
          progress.warnings.map((remark) => [remark.check, remark.object, remark.seen, remark.action]),
        ),
      ]),
    ],
  };
}

const PLOT = 'plot';

function given({ facts: list }: VectorProgress): Block[] {
  const svg = list.find(({ name }) => name === PLOT)?.value ?? '';
  const rest = list.filter(({ name }) => name !== PLOT).map(({ name, value }) => [name, value]);
  return [
    table('facts', ['what', 'value'], rest),
    { kind: 'figure', caption: 'Recall over search time; the circle is the size of the index.', svg },
  ];
}

function table(caption: string, columns: string[], rows: string[][]): Block {
  return { kind: 'table', caption, columns, rows };
}

/** How long things will wait, and by what that is known. */
function predicted({ prediction }: UpgradePlan): string[][] {
  if (!prediction) return [];
  const { writesMs, readsMs, indexesMs, sample } = prediction;
  const builds = Object.values(indexesMs).reduce((total, ms) => total + ms, 0);
  return [
    ['unavailable', `about ${span(writesMs)} for writes, ${span(readsMs)} for reads`],
    ['index builds', `about ${span(builds)} afterwards, one after another`],
    ['predicted by', `an upgrade of ${sample.rows} of ${sample.of} rows on a scratch server; the rehearsal takes all`],
  ];
}

/** What an upgrade would do, and what stands in its way. */
export function ruvectorPlanDocument(
  cluster: string,
  database: string,
  { plan, blockers, warnings }: RuvectorInspection,
): Document {
  const extension = plan && [
    ['strategy', plan.strategy],
    ['version', `${plan.extension.version} → ${plan.to}`],
    ['what waits', plan.unavailable],
    ...predicted(plan),
    ['way back', 'rollback.sh and ruvector-rollback: a staged rebuild, which loses nothing'],
    ...plan.tables.map((each) => [
      'table',
      `${each.name}: ${each.columns.join(', ')}; about ${each.rows} rows, ${each.bytes} bytes`,
    ]),
    ...plan.indexes.map((each) => [
      'index',
      `${each.identity}: ${each.was.method} (${each.was.operatorClass}) → ${each.method} (${each.operatorClass})`,
    ]),
    ['carried over', plan.dependants.join(', ')],
  ];
  return {
    title: `Plan: vectors of ${database} on ${cluster}`,
    summary:
      blockers.length === 0
        ? `Nothing stands in the way; ${count(warnings.length, 'warning')}. Nothing was changed.`
        : `Blocked: ${count(blockers.length, 'blocker')}. Nothing was changed.`,
    tone: blockers.length === 0 ? 'good' : 'bad',
    sections: [
      ...section('Plan', [table('what would be done', ['what', 'value'], extension ?? [])]),
      ...section('Blockers', [findings(blockers)]),
      ...section('Warnings', [findings(warnings)]),
    ],
  };
}

/** The checklist with every line's outcome. */
export function checklistDocument(cluster: string, database: string, lines: readonly ChecklistLine[]): Document {
  const open = lines.filter(({ outcome }) => outcome === 'failed' || outcome === 'needs sign-off');
  const rows = lines.map(({ name, title, outcome, evidence, signOff }) => [
    name,
    title,
    signOff ? `${outcome} by ${signOff.by} at ${signOff.at}: ${signOff.note}` : outcome,
    evidence,
  ]);
  return {
    title: `RuVector checklist: ${database} on ${cluster}`,
    summary:
      open.length === 0
        ? 'Every line has passed or is signed off.'
        : `${open.length} of ${lines.length} lines are open.`,
    tone: open.length === 0 ? 'good' : 'bad',
    sections: section('Lines', [table('checklist', ['line', 'what', 'outcome', 'evidence'], rows)]),
  };
}
