/** Workflow ID of whatever changes a cluster. One ID per cluster: it is the mutex. */
export function migrationId(cluster: string): string {
  return `pgpassage/${cluster}`;
}

/** Task queue that workers poll and workflows are started on. */
export const DEFAULT_TASK_QUEUE = 'pgpassage';
