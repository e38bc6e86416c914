import { readBackupJson, writeBackupFile } from '../backup-directory';
import { exists } from '../../hosts/files';
import { parseConf, printConf, quote } from '../configuration/conf-file';
import { putText, readTexts } from '../configuration/host-files';
import type { SettingChange } from '../configuration/translation';
import { valuesInForce } from '../configuration/verify-configuration';
import { layout, type Cluster } from '../cluster';
import { literal, withSql, type Sql } from '../connection';
import { PHASE_FILES } from '../upgrade/phase-files';
import { physicalSenders } from './senders';
import { parseSynchronousNames } from './synchronous-names';

const SETTING = 'synchronous_standby_names';

interface HeldOff {
  names: string;
  /** It stood in postgresql.auto.conf, where ALTER SYSTEM puts it. */
  byAlterSystem: boolean;
}

/**
 * Has the prepared target start with no synchronous standby: every commit would wait for ever, since none can follow it
 * before it is rebuilt. A line at the end of postgresql.auto.conf, which is read last; doing it again changes nothing.
 * @returns the change to report; none where replication is not synchronous.
 */
export async function holdOffSynchronous(cluster: Cluster, directory: string, to: number): Promise<SettingChange[]> {
  const paths = layout(cluster, to);
  const { host, entry } = cluster;
  const names = (await valuesInForce(host, paths, entry.osUser, [SETTING])).get(SETTING) ?? '';
  if (!parseSynchronousNames(names)) return [];
  const file = `${paths.dataDirectory}/postgresql.auto.conf`;
  const [text] = await readTexts(host, entry.osUser, [file]);
  const lines = parseConf(text?.content ?? '');
  const others = lines.filter(({ assignment }) => assignment?.name.toLowerCase() !== SETTING);
  const held: HeldOff = { names, byAlterSystem: others.length < lines.length };
  await writeBackupFile(cluster, directory, PHASE_FILES.synchronous, JSON.stringify(held));
  const content = `${printConf(others).trimEnd()}\n${SETTING} = ${quote('')}\n`;
  await putText(host, entry.osUser, file, { encoding: 'utf8', mode: '0600', ...text, content });
  return [
    {
      ...{ name: SETTING, from: file, kind: 'held off', before: names, after: '' },
      reason: 'commits would wait for standbys that are not rebuilt yet; put back when enough of them stream',
    },
  ];
}

/**
 * Puts `synchronous_standby_names` back once enough of the standbys that it names stream.
 * @returns its value; undefined where it was not held off.
 * @throws Error while too few stream.
 */
export async function putBackSynchronous(cluster: Cluster, directory: string): Promise<string | undefined> {
  const path = `${directory}/${PHASE_FILES.synchronous}`;
  if (!(await exists(cluster.host, path, cluster.entry.osUser))) return undefined;
  const held = await readBackupJson<HeldOff>(cluster, directory, PHASE_FILES.synchronous);
  await withSql(cluster, {}, async (sql) => {
    if ((await current(sql)) === held.names) return;
    await enoughStream(sql, held.names);
    await sql.query(
      held.byAlterSystem ? `alter system set ${SETTING} = ${literal(held.names)}` : `alter system reset ${SETTING}`,
    );
    await sql.query('select pg_reload_conf()');
  });
  await inForce(cluster, held.names);
  return held.names;
}

async function enoughStream(sql: Sql, names: string): Promise<void> {
  const wanted = parseSynchronousNames(names);
  const streaming = (await physicalSenders(sql)).filter(({ state }) => state === 'streaming');
  const counting = streaming.filter(({ applicationName }) => wanted?.includes(applicationName));
  if (!wanted || counting.length >= wanted.count) return;
  throw new Error(
    `${SETTING} ("${names}") stays held off: it wants ${wanted.count}, and of those that it names ${counting.length} stream. ` +
      'Commits are not synchronous until then.',
  );
}

async function current(sql: Sql): Promise<string> {
  return (await sql.query<{ names: string }>(`select current_setting('${SETTING}') as names`))[0].names;
}

/** Waits for the reload: a new session sees what the server runs with. */
async function inForce(cluster: Cluster, names: string): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    if ((await withSql(cluster, {}, current)) === names) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(
    `${cluster.name}: ${SETTING} was put back as "${names}", and the server does not take it; see its log.`,
  );
}
