import { exists } from '../hosts/files';
import { nextWindow } from '../inventory/window';
import { describeDrain, drainOf, type DrainInput } from '../migration/drain';
import type { Mode } from '../migration/input';
import type { Hop } from '../migration/path';
import { checkClients } from '../pgbouncer/clients';
import { namesOf } from '../pgbouncer/console';
import { layout, program, type Cluster } from '../postgres/cluster';
import { previewConfiguration } from '../postgres/configuration/prepare';
import type { SettingChange } from '../postgres/configuration/translation';
import { describePackages } from '../postgres/packages';
import { describe } from '../postgres/upgrade/describe';
import { heldPhases } from '../postgres/upgrade/phases';
import { chooseMode } from '../postgres/upgrade/mode';
import type { CheckResult, Finding } from '../postgres/preflight/check';
import { checkContext } from '../postgres/preflight/context';
import { runPreflight } from '../postgres/preflight/run';
import { sampleSoak } from '../postgres/soak';
import type { SoakSample } from '../migration/soak';
import type { Clusters } from './clusters';
import { attempt, ownName, progress, step } from './step';

/** How often a check that could not look, for a connection that was lost or a disk that was full, does it again before that blocks. */
const LOOKS_AGAIN = 2;

class CouldNotLook extends Error {
  override name = 'CouldNotLook';
  constructor(cluster: string, failed: readonly CheckResult[]) {
    const [{ check, findings }] = failed;
    super(
      `${cluster}: ${failed.length} checks could not look, ${check} among them: ${findings[0]?.seen}. They try again.`,
    );
  }
}

/** A pre-flight's outcome as it travels through histories: what a person has to know, without the notices. */
export interface PreflightSummary {
  passed: number;
  warnings: Finding[];
  blockers: Finding[];
}

/** What would become of the settings, those apart that are kept. */
export interface ConfigurationPreview {
  changes: SettingChange[];
  /** Why there are none, where it could not be tried out. */
  notTried?: string;
}

/** Activities that only look. They may be run at any time and any number of times. */
export function lookActivities(clusters: Clusters) {
  return {
    describeCluster: step(async (input: { cluster: string }) => describe(clusters.get(input.cluster))),

    chooseMode: step(async (input: Hop & { cluster: string; mode: Mode | 'auto' }) =>
      chooseMode(clusters.get(input.cluster), input, input.mode),
    ),

    preflight: step(
      async (
        input: Hop & { cluster: string; mode: Mode; accept: string[]; drain?: DrainInput },
      ): Promise<PreflightSummary> => {
        const cluster = clusters.get(input.cluster);
        progress('pre-flight checks');
        const context = checkContext(cluster, { ...input, scratchName: `scratch-${ownName()}` });
        const report = await runPreflight(context, { accept: input.accept });
        const failed = report.results.filter(({ outcome }) => outcome === 'error');
        if (failed.length > 0 && attempt() <= LOOKS_AGAIN) throw new CouldNotLook(cluster.name, failed);
        const findings = report.results.flatMap((result) => result.findings);
        return {
          passed: report.passed,
          warnings: findings.filter((finding) => finding.severity === 'warning'),
          blockers: findings.filter((finding) => finding.severity === 'blocker'),
        };
      },
    ),

    /** What the phase to `to` would install, in a sentence. */
    describePackages: step(async (input: { cluster: string; from: number; to: number }): Promise<string> => {
      return describePackages(clusters.get(input.cluster), input);
    }),

    /** What would become of the running server's settings on `to`; writes nothing into its layout. */
    previewConfiguration: step(
      async ({ settings, ...input }: Hop & { cluster: string; settings: Record<string, string> }) =>
        preview(clusters.get(input.cluster), input, settings),
    ),

    /** How clients will be held back, in a sentence. Fails where that can't work for as long as it will take. */
    checkClients: step(
      async (
        input: Hop & { cluster: string; drain?: DrainInput; accept: string[]; predictedOutageMs?: number },
      ): Promise<string> => {
        const cluster = clusters.get(input.cluster);
        const drain = drainOf(cluster.entry.pgbouncer.length, input.drain);
        return checkClients(cluster, layout(cluster, input.from), drain, input.predictedOutageMs, input.accept);
      },
    ),

    /** The same sentence for a plan, which asks nobody. */
    describeDrain: step(async (input: { cluster: string; drain?: DrainInput }): Promise<string> => {
      const { entry } = clusters.get(input.cluster);
      return describeDrain(drainOf(entry.pgbouncer.length, input.drain), namesOf(entry));
    }),

    /** When the next maintenance window opens, or undefined where disruptive steps may start at once. */
    windowOpensAt: step(
      async (input: { cluster: string }): Promise<{ opensAt: number; closesAt: number } | undefined> => {
        const { window } = clusters.get(input.cluster).entry;
        if (!window) return undefined;
        const { opensAt, closesAt } = nextWindow(window, new Date());
        return { opensAt: opensAt.getTime(), closesAt: closesAt.getTime() };
      },
    ),

    sampleSoak: step(
      async (input: { cluster: string; version: number; slowAfterMs?: number; cursor?: SoakSample['cursor'] }) =>
        sampleSoak(clusters.get(input.cluster), input.version, input.cursor, { slowAfterMs: input.slowAfterMs }),
    ),

    heldPhases: step(async (input: { cluster: string }) => heldPhases(clusters.get(input.cluster))),
  };
}

async function preview(cluster: Cluster, hop: Hop, settings: Record<string, string>): Promise<ConfigurationPreview> {
  const to = layout(cluster, hop.to);
  if (!(await exists(cluster.host, program(to, 'initdb'), cluster.entry.osUser)))
    return { changes: [], notTried: `Not tried out: PostgreSQL ${hop.to} is not installed yet (${to.binDirectory}).` };
  const changes = await previewConfiguration(cluster, layout(cluster, hop.from), to, settings);
  return { changes: changes.filter(({ kind, severity }) => kind !== 'kept' || severity !== undefined) };
}

const turns = new Map<string, Promise<unknown>>();

/** One at a time for each `place`: what shares a scratch server's place on the host. */
export async function inTurn<T>(place: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(place) ?? Promise.resolve();
  const result = before.then(work, work);
  turns.set(place, result);
  return result;
}
