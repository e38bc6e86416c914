import type { ClusterProperties } from '../../init-target';
import type { Check, Found } from '../check';

/** Fixed when a PostgreSQL is compiled: files of one build are nothing to another that differs in any of them. */
const BUILD_OPTIONS = [
  'block_size',
  'segment_size',
  'wal_block_size',
  'max_identifier_length',
  'max_index_keys',
  'max_function_args',
];

export const checksumsAndSegmentSize: Check = {
  name: 'checksums-and-segment-size',
  title: 'The target can be made with the same block, segment and WAL sizes and the same checksums',
  mechanism: 'catalog: pg_settings of the running server and of a scratch server made like the target',
  async run(context) {
    const scratch = await context.scratch();
    const query = `select name, setting from pg_catalog.pg_settings
                    where name in ('${[...BUILD_OPTIONS, 'wal_segment_size', 'data_checksums'].join("', '")}') order by 1`;
    const old = await context.sql(undefined, (sql) => sql.query<{ name: string; setting: string }>(query));
    const target = await scratch.query<{ name: string; setting: string }>(query);
    return [...differences(old, target, context.to.version), ...checksumNotice(await context.properties())];
  },
};

/** What the target has otherwise. */
export function differences(
  old: { name: string; setting: string }[],
  target: { name: string; setting: string }[],
  version: number,
): Found[] {
  return old.flatMap(({ name, setting }) => {
    const other = target.find((row) => row.name === name)?.setting;
    if (other === setting) return [];
    return [
      {
        ...{ severity: 'blocker', effect: 'ends the upgrade', object: name, version },
        seen: `it is ${setting} in the running cluster and ${other ?? 'unknown'} in the target, so its files can't be carried over`,
        action: BUILD_OPTIONS.includes(name)
          ? `Use a PostgreSQL ${version} that was built with the same value, or migrate by dump and restore.`
          : 'initdb was told the same value and did not take it: see what is installed as initdb.',
      },
    ];
  });
}

function checksumNotice({ checksums }: ClusterProperties): Found[] {
  if (checksums) return [];
  return [
    {
      ...{ severity: 'notice', effect: 'none', object: 'data checksums' },
      seen: 'the cluster has none, so the target is made without them too (18 would turn them on)',
      action: 'To have them, run pg_checksums --enable on the stopped cluster, before or after the phase.',
    },
  ];
}
