import type { MigrationPlan, PlannedHop } from '../workflows/look';
import { configurationTable } from './configuration-table';
import { facts, section, type Document, type Section } from './document';
import { ledgerSection } from './ledger-section';
import { isBlocked, preflightSections, preflightSummary } from './preflight-document';
import { moment } from './wording';

/** A plan as a report: the phases and how each is carried out, the ways back, what stands in the way. */
export function planDocument(plan: MigrationPlan): Document {
  const versions = [plan.serverVersion, ...plan.hops.map(({ to }) => to)];
  return {
    title: `Plan for ${plan.cluster}: ${versions.join(' → ')}`,
    summary: preflightSummary(plan.preflight),
    tone: isBlocked(plan.preflight) ? 'bad' : 'good',
    sections: [
      ...section('Cluster', [{ kind: 'entries', entries: [{ title: plan.cluster, facts: clusterFacts(plan) }] }]),
      ...plan.hops.flatMap(phase),
      ...preflightSections(plan.preflight),
    ],
  };
}

function clusterFacts({ host, serverVersion, clients, window }: MigrationPlan): [string, string][] {
  return facts({
    host,
    'running version': serverVersion,
    clients,
    'maintenance window': window
      ? `${moment(window.opensAt)} to ${moment(window.closesAt)}`
      : 'none: steps start at once',
  });
}

function phase(hop: PlannedHop): Section[] {
  return section(
    `Phase ${hop.from} → ${hop.to}`,
    [
      {
        kind: 'entries',
        entries: [{ title: hop.phase, facts: facts({ mode: hop.mode, why: hop.why, packages: hop.packages }) }],
      },
    ],
    [
      ...section(`Configuration, from ${hop.configuration.from} to ${hop.to}`, [
        { kind: 'paragraph', text: hop.configuration.notTried ?? '' },
        configurationTable(hop.configuration.changes),
      ]),
      ...ledgerSection(hop),
    ],
  );
}
