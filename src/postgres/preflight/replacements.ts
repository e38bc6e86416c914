/**
 * Advice for system columns and functions that are gone, where there is something to use instead. Only advice: what is
 * gone is found by comparing both versions. Source: the release notes of 17 and 18, and the catalogs themselves.
 */
export const SYSTEM_REPLACEMENTS: Record<string, string> = {
  'pg_stat_bgwriter.checkpoints_timed': 'checkpoints_timed is pg_stat_checkpointer.num_timed in 17',
  'pg_stat_bgwriter.checkpoints_req': 'checkpoints_req is pg_stat_checkpointer.num_requested in 17',
  'pg_stat_bgwriter.checkpoint_write_time': 'checkpoint_write_time is pg_stat_checkpointer.write_time in 17',
  'pg_stat_bgwriter.checkpoint_sync_time': 'checkpoint_sync_time is pg_stat_checkpointer.sync_time in 17',
  'pg_stat_bgwriter.buffers_checkpoint': 'buffers_checkpoint is pg_stat_checkpointer.buffers_written in 17',
  'pg_stat_bgwriter.buffers_backend': 'buffers_backend is in pg_stat_io, summed over backend types, from 16 on',
  'pg_stat_bgwriter.buffers_backend_fsync': 'buffers_backend_fsync is in pg_stat_io (fsyncs) from 16 on',
  'pg_database.daticulocale': 'daticulocale is called datlocale in 17',
  'pg_collation.colliculocale': 'colliculocale is called colllocale in 17',
  'pg_stat_progress_vacuum.max_dead_tuples': 'max_dead_tuples became max_dead_tuple_bytes in 17',
  'pg_stat_progress_vacuum.num_dead_tuples': 'num_dead_tuples became num_dead_item_ids in 17',
  'pg_backend_memory_contexts.parent': 'parent became path in 18',
  'pg_stat_io.op_bytes': 'op_bytes became read_bytes, write_bytes and extend_bytes in 18',
  'pg_stat_wal.wal_write': "wal_write is in pg_stat_io (object = 'wal') in 18",
  'pg_stat_wal.wal_sync': "wal_sync is in pg_stat_io (object = 'wal') in 18",
  'pg_stat_wal.wal_write_time': "wal_write_time is in pg_stat_io (object = 'wal') in 18",
  'pg_stat_wal.wal_sync_time': "wal_sync_time is in pg_stat_io (object = 'wal') in 18",
};
