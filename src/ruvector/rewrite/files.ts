import { lstat, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { EXTENSIONS } from './rewrite-file';

/** Directories of what others wrote. */
const LEFT_OUT = new Set(['node_modules', 'vendor', '__pycache__']);

/**
 * The files under these paths that can hold SQL, each once and in order. In a directory hidden files, symbolic links and
 * directories of dependencies are left out; a file that is named is taken whatever it is called.
 */
export async function filesUnder(paths: string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    if ((await stat(path)).isDirectory()) for (const file of await walk(path)) found.add(file);
    else found.add(path);
  }
  return [...found];
}

async function walk(directory: string): Promise<string[]> {
  const found: string[] = [];
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.') || LEFT_OUT.has(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) found.push(...(await walk(path)));
    else if (entry.isFile() && EXTENSIONS.includes(extname(entry.name).toLowerCase())) found.push(path);
  }
  return found;
}

/**
 * Puts a new text in a file's place, whole or not at all, with the file's mode and owner. @returns false when the file is no
 * longer what was read; it is left as it is then.
 */
export async function replaceFile(path: string, before: string, after: string): Promise<boolean> {
  const file = await realpath(path);
  const { mode, uid, gid } = await lstat(file);
  const temporary = join(dirname(file), `.${basename(file)}.pgpassage-${process.pid}`);
  try {
    const handle = await open(temporary, 'wx', mode & 0o7777);
    try {
      await handle.writeFile(after);
      await handle.chmod(mode & 0o7777);
      if (process.getuid?.() === 0) await handle.chown(uid, gid);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (!(await readFile(file)).equals(Buffer.from(before))) return false;
    await rename(temporary, file);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}
