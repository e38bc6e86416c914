import { readFileSync } from 'node:fs';

/** A secret reference that can't be resolved on this worker. The message names the reference, never a value. */
export class SecretError extends Error {
  override name = 'SecretError';
}

/**
 * Resolves `env:NAME` or `file:/path` at the moment of use; a file's last line break is not part of the secret.
 * @throws SecretError when the variable or file is missing or empty.
 */
export function resolveSecret(reference: string): string {
  const [kind, name] = [reference.slice(0, reference.indexOf(':')), reference.slice(reference.indexOf(':') + 1)];
  const value = kind === 'env' ? process.env[name] : readSecretFile(name, reference);
  if (!value) {
    throw new SecretError(
      `The secret ${reference} is ${value === '' ? 'empty' : 'not set'} on this worker. Set it and try again.`,
    );
  }
  return value;
}

function readSecretFile(path: string, reference: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new SecretError(
      `The secret ${reference} can't be read on this worker: ${(error as NodeJS.ErrnoException).code}.`,
    );
  }
}
