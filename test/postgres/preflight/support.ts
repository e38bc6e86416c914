import { createServer, type CreateOptions, type SandboxServer } from '../../../sandbox/postgres-server';
import { temporaryRoot } from '../../../sandbox/temporary-root';
import type { Check, Finding } from '../../../src/postgres/preflight/check';
import { checkContext } from '../../../src/postgres/preflight/context';
import { runPreflight, type PreflightReport } from '../../../src/postgres/preflight/run';
import { clusterOf, type EntryOverrides } from '../../support/cluster';

/** A server of its own for one test file, and how to get rid of it. */
export async function startServer(
  options: Omit<CreateOptions, 'root'>,
  beforeStart?: (server: SandboxServer) => Promise<void>,
): Promise<{ server: SandboxServer; end: () => Promise<void> }> {
  const root = await temporaryRoot();
  const server = await createServer({ ...options, root: root.path });
  const end = async () => {
    await server.stop('immediate');
    await root.remove();
  };
  try {
    await beforeStart?.(server);
    await server.start();
  } catch (error) {
    await end();
    throw error;
  }
  return { server, end };
}

export interface Hop {
  from: number;
  to: number;
  checks?: readonly Check[];
  accept?: string[];
  entry?: EntryOverrides;
}

/** Runs the pre-flight as a phase would. */
export async function preflight(
  server: SandboxServer,
  { from, to, checks, accept, entry }: Hop,
): Promise<PreflightReport> {
  const cluster = await clusterOf(server, entry);
  return runPreflight(checkContext(cluster, { from, to, mode: 'copy' }), { checks, accept });
}

/** A check's findings on an object, or all of them. */
export function found(report: PreflightReport, check: string, object?: string | RegExp): Finding[] {
  const result = report.results.find((candidate) => candidate.check === check);
  if (!result) throw new Error(`the report has no check ${check}`);
  const wanted = (finding: Finding) =>
    object === undefined || (typeof object === 'string' ? finding.object === object : object.test(finding.object));
  return result.findings.filter(wanted);
}

/** The findings that somebody has to act on, in a form that a failing test prints readably. */
export function concerns(report: PreflightReport): string[] {
  return report.results
    .flatMap((result) => result.findings)
    .filter(({ severity }) => severity !== 'notice')
    .map(({ severity, check, database, object, seen }) => `${severity} ${check} ${database ?? '-'} ${object}: ${seen}`);
}
