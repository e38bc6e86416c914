import { nextWindow } from '../inventory/window';
import type { Mode } from '../migration/input';
import type { Hop } from '../migration/path';
import { describe } from '../postgres/upgrade/describe';
import { heldPhases } from '../postgres/upgrade/phases';
import { chooseMode } from '../postgres/upgrade/mode';
import type { Finding } from '../postgres/preflight/check';
import { checkContext } from '../postgres/preflight/context';
import { runPreflight } from '../postgres/preflight/run';
import { sampleSoak } from '../postgres/soak';
import type { SoakSample } from '../migration/soak';
import type { Clusters } from './clusters';
import { progress, step } from './step';

/** A pre-flight's outcome as it travels through histories: what a person has to know, without the notices. */
export interface PreflightSummary {
  passed: number;
  warnings: Finding[];
  blockers: Finding[];
}

/** Activities that only look. They may be run at any time and any number of times. */
export function lookActivities(clusters: Clusters) {
  return {
    describeCluster: step(async (input: { cluster: string }) => describe(clusters.get(input.cluster))),

    chooseMode: step(async (input: Hop & { cluster: string; mode: Mode | 'auto' }) =>
      chooseMode(clusters.get(input.cluster), input, input.mode),
    ),

    preflight: step(
      async (input: Hop & { cluster: string; mode: Mode; accept: string[] }): Promise<PreflightSummary> => {
        const cluster = clusters.get(input.cluster);
        progress('pre-flight checks');
        const context = checkContext(cluster, input);
        const report = await inTurn(cluster.name, () => runPreflight(context, { accept: input.accept }));
        const findings = report.results.flatMap((result) => result.findings);
        return {
          passed: report.passed,
          warnings: findings.filter((finding) => finding.severity === 'warning'),
          blockers: findings.filter((finding) => finding.severity === 'blocker'),
        };
      },
    ),

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

const turns = new Map<string, Promise<unknown>>();

/** One pre-flight of a cluster at a time: they share its scratch server's place on the host. */
export async function inTurn<T>(cluster: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(cluster) ?? Promise.resolve();
  const result = before.then(work, work);
  turns.set(cluster, result);
  return result;
}
