import { output } from '../../hosts/host';
import type { Cluster, Layout } from '../cluster';
import { mappingsOf } from './mappings';
import { occurrences, type OldConfiguration } from './old-configuration';
import { readConfiguration } from './read-configuration';
import { shown } from './redact';
import { withScratchCluster, type ScratchCluster } from './scratch-cluster';
import { readTargetSettings, type TargetSettings } from './target-settings';
import { translateConfiguration } from './translate';
import type { SettingChange, TranslatedConfiguration } from './translation';
import {
  misses,
  valuesInForce,
  verifyAccessFiles,
  verifyConfiguration,
  verifyCustomSettings,
  type Overrides,
} from './verify-configuration';
import { writeConfiguration } from './write-configuration';

/** The new version would not start with the translated configuration, or not do what the old one did. */
export class ConfigurationRefused extends Error {
  override name = 'ConfigurationRefused';
  constructor(cluster: string, version: number, problems: readonly string[]) {
    super(
      `${cluster}: PostgreSQL ${version} can't be given the configuration. ${problems.join('; ')}. The running server was not touched. ` +
        "Correct the old configuration or give the plan's settings, then try again.",
    );
  }
}

/**
 * Carries the running cluster's configuration over to the new version's layout, whose data directory initdb has made, and
 * has the new version's own programs verify it. Doing it again changes nothing.
 * @param extra the plan's settings for that version.
 * @returns what became of every setting.
 * @throws ConfigurationRefused when the new version would not start with it, or not do what the old one did.
 */
export async function prepareConfiguration(
  cluster: Cluster,
  from: Layout,
  to: Layout,
  extra: Readonly<Record<string, string>> = {},
): Promise<SettingChange[]> {
  const old = await readConfiguration(cluster, from);
  refuse(cluster, to, old.remarks);
  return withScratchCluster(cluster, to, async (scratch) => {
    const target = await targetOf(scratch, old, extra);
    const translated = translate(old, from, to, target, extra);
    refuse(cluster, to, translated.changes);
    await writeConfiguration(cluster.host, to, cluster.entry.osUser, translated);
    const changes = [...translated.changes, ...(await verified(cluster, to, scratch, target, translated))];
    refuse(cluster, to, changes);
    return changes;
  });
}

/**
 * What `prepareConfiguration` would do, tried out in a scratch directory. Needs no data directory of the new version and
 * writes nothing into its layout. What would be refused is among the changes, with severity `blocker`.
 */
export async function previewConfiguration(
  cluster: Cluster,
  from: Layout,
  to: Layout,
  extra: Readonly<Record<string, string>> = {},
): Promise<SettingChange[]> {
  const old = await readConfiguration(cluster, from);
  return withScratchCluster(cluster, to, async (scratch) => {
    const target = await targetOf(scratch, old, extra);
    const { changes } = translate(old, from, to, target, extra);
    const tried = await trialLayout(cluster, to, scratch);
    // Keys stay where they are: the trial does without them.
    const trial = { ...translate(old, from, tried, target, extra), copies: [] };
    await writeConfiguration(cluster.host, tried, cluster.entry.osUser, trial);
    const seen = await verified(cluster, tried, scratch, target, trial, { ssl: 'off' });
    return [...changes, ...seen.map((change) => ({ ...change, reason: inPlaceOf(change.reason, tried, to) }))];
  });
}

function targetOf(
  scratch: ScratchCluster,
  old: OldConfiguration,
  extra: Readonly<Record<string, string>>,
): Promise<TargetSettings> {
  const names = new Set([...occurrences(old), ...old.fixed].map(({ name }) => name));
  return readTargetSettings(scratch, [...names, ...Object.keys(extra)]);
}

function translate(
  old: OldConfiguration,
  from: Layout,
  to: Layout,
  target: TargetSettings,
  extra: Readonly<Record<string, string>>,
): TranslatedConfiguration {
  const facts = {
    from,
    to,
    targetSettings: target.settings,
    unlisted: target.unlisted,
    paths: mappingsOf(old, from, to),
  };
  return translateConfiguration(old, facts, extra);
}

function refuse(cluster: Cluster, to: Layout, changes: readonly SettingChange[]): void {
  const blockers = changes
    .filter(({ severity }) => severity === 'blocker')
    .map(({ name, from, reason }) => `${name} (${from}): ${reason}`);
  if (blockers.length > 0) throw new ConfigurationRefused(cluster.name, to.version, blockers);
}

/** What the target's own programs say against files that were written, as changes to report. */
async function verified(
  cluster: Cluster,
  layout: Layout,
  scratch: ScratchCluster,
  target: TargetSettings,
  translated: TranslatedConfiguration,
  overrides: Overrides = {},
): Promise<SettingChange[]> {
  const { host, entry } = cluster;
  const from = `PostgreSQL ${layout.version}`;
  const remark =
    (name: string, severity: 'blocker' | 'warning') =>
    (said: string): SettingChange => {
      // The server quotes the values it refuses.
      return { name, from, kind: 'kept', reason: shown(name, said), severity };
    };
  const refused = await verifyConfiguration(host, layout, entry.osUser, overrides);
  if (refused.length > 0) return refused.map(remark('postgresql.conf', 'blocker'));
  const inForce = await valuesInForce(host, layout, entry.osUser, [
    ...Object.keys(translated.expected),
    'hba_file',
    'ident_file',
  ]);
  return [
    ...misses(translated.expected, inForce, target.settings).map(remark('postgresql.conf', 'blocker')),
    ...(await verifyAccessFiles(scratch, inForce.get('hba_file') ?? '', inForce.get('ident_file') ?? '')).map(
      remark('pg_hba.conf', 'blocker'),
    ),
    ...(await verifyCustomSettings(scratch, inForce)).map(remark('shared_preload_libraries', 'warning')),
  ];
}

/** A copy of the scratch cluster laid out like the target, for files to be tried in. */
async function trialLayout(cluster: Cluster, to: Layout, scratch: ScratchCluster): Promise<Layout> {
  const dataDirectory = `${scratch.directory}/trial`;
  await output(cluster.host, {
    argv: ['cp', '-a', '--', scratch.dataDirectory, dataDirectory],
    user: cluster.entry.osUser,
  });
  const split = to.configDirectory !== to.dataDirectory;
  return { ...to, dataDirectory, configDirectory: split ? `${scratch.directory}/configuration` : dataDirectory };
}

const inPlaceOf = (text: string, tried: Layout, to: Layout) =>
  text.replaceAll(tried.configDirectory, to.configDirectory).replaceAll(tried.dataDirectory, to.dataDirectory);
