import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StartedProcess } from '../sandbox/processes';

/** What has to be known to end a demo, in its directory: processes in the order in which they were started. */
interface State {
  processes: StartedProcess[];
}

/** Whether the directory is a demo's. */
export function isDemoDirectory(directory: string): boolean {
  return existsSync(file(directory));
}

/** Marks the directory as a demo's. */
export function initState(directory: string): void {
  write(directory, { processes: [] });
}

/** Writes a process down. */
export function addProcess(directory: string, started: StartedProcess): void {
  write(directory, { processes: [...startedProcesses(directory), started] });
}

/** The processes that were started, oldest first. */
export function startedProcesses(directory: string): StartedProcess[] {
  return (JSON.parse(readFileSync(file(directory), 'utf8')) as State).processes;
}

function write(directory: string, state: State): void {
  writeFileSync(file(directory), JSON.stringify(state));
}

function file(directory: string): string {
  return join(directory, 'demo.json');
}
