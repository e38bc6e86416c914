import type { z } from 'zod';
import type { ConfigurationPreview } from '../activities/look';
import { lookInput } from '../migration/input';
import { ledger, type Ledger } from '../migration/ledger';
import { hops, phaseName, type Hop } from '../migration/path';
import type { Finding } from '../postgres/preflight/check';
import { SUPPORTED_VERSIONS } from '../postgres/versions';
import { activity } from './parts/activities';
import { checked, parseInput, plainly } from './parts/failures';

/** Input of the workflows that look and change nothing. They may run at any time, beside a migration too. */
type LookInput = z.infer<typeof lookInput>;

export interface PreflightAnswer {
  cluster: string;
  from: number;
  results: PreflightResult[];
}

export interface PreflightResult extends Hop {
  passed: number;
  warnings: Finding[];
  blockers: Finding[];
}

export interface PlannedHop extends Hop {
  phase: string;
  mode: Ledger['mode'];
  why: string;
  ledger: Ledger;
  /** What would be installed for it, in a sentence. */
  packages: string;
  /** What would become of the running server's settings, tried out with the target's programs. */
  configuration: ConfigurationPreview & { from: number };
}

export interface MigrationPlan {
  cluster: string;
  host: string;
  serverVersion: string;
  hops: PlannedHop[];
  /** From the running version to every version on the path: what bites at 18 is known before the step to 16. */
  preflight: PreflightResult[];
  window?: { opensAt: number; closesAt: number };
  /** How clients are held back before the stop, in a sentence. */
  clients: string;
}

/** Runs the pre-flight from the running version to every version on the path. */
export async function preflightCheck(raw: unknown): Promise<PreflightAnswer> {
  return plainly(preflight(parseInput(lookInput, raw)));
}

/** Says what a migration would do, how each phase could be undone and what that would lose, and what stands in its way. */
export async function planMigration(raw: unknown): Promise<MigrationPlan> {
  return plainly(plan(parseInput(lookInput, raw)));
}

async function preflight(input: LookInput): Promise<PreflightAnswer> {
  const { path, running } = await route(input);
  return { cluster: input.cluster, from: running, results: await preflights(input, running, path) };
}

async function plan(input: LookInput): Promise<MigrationPlan> {
  const { cluster, path, running } = await route(input);
  const planned: PlannedHop[] = [];
  for (const hop of path) {
    // Later phases do not have their data directory yet; they stand on the same file system as the running one.
    const { mode, why } = await activity('try', 'chooseMode', `mode of ${phaseName(hop)}`, {
      cluster: input.cluster,
      from: running,
      to: hop.to,
      mode: input.mode,
    });
    const packages = await activity('try', 'describePackages', `packages of ${phaseName(hop)}`, {
      ...{ cluster: input.cluster, from: hop.from, to: hop.to },
    });
    const standbys = { names: cluster.standbys ?? [], retain: input.standbys.retain };
    const configuration = await activity('try', 'previewConfiguration', `configuration for ${hop.to}`, {
      ...{ cluster: input.cluster, from: running, to: hop.to, settings: input.settings[String(hop.to)] ?? {} },
    });
    planned.push({
      ...hop,
      phase: phaseName(hop),
      mode,
      why,
      ledger: ledger(phaseName(hop), mode, standbys),
      packages,
      configuration: { from: running, ...configuration },
    });
  }
  return {
    cluster: input.cluster,
    host: cluster.host,
    serverVersion: cluster.serverVersion,
    hops: planned,
    preflight: await preflights(input, running, path),
    clients: await activity('try', 'describeDrain', 'clients', { cluster: input.cluster, drain: input.drain }),
    window: await activity('try', 'windowOpensAt', 'maintenance window', { cluster: input.cluster }),
  };
}

async function route(input: LookInput) {
  const cluster = await activity('try', 'describeCluster', `look at ${input.cluster}`, { cluster: input.cluster });
  return {
    cluster,
    running: cluster.version,
    path: checked(() => hops(cluster.version, input.to, input.path, SUPPORTED_VERSIONS)),
  };
}

async function preflights(input: z.infer<typeof lookInput>, running: number, path: Hop[]): Promise<PreflightResult[]> {
  const results: PreflightResult[] = [];
  for (const { to } of path) {
    const { mode } = await activity('try', 'chooseMode', `mode for ${to}`, {
      cluster: input.cluster,
      from: running,
      to,
      mode: input.mode,
    });
    results.push({
      from: running,
      to,
      ...(await activity('try', 'preflight', `pre-flight ${running} → ${to}`, {
        cluster: input.cluster,
        from: running,
        to,
        mode,
        accept: input.accept,
        drain: input.drain,
      })),
    });
  }
  return results;
}
