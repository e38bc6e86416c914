import { createHash } from 'node:crypto';

// So few bits that a dictionary of passwords fits many of them, and enough that a change goes unseen once in 65536 times.
const SHORT = 4;

/** Stands for a value that may be a password in plain text: tells whether it changed, not what it is. */
export const shortDigest = (value: string): string => `digest:${sha256(value).slice(0, SHORT)}`;

/** Stands for a password verifier. */
export const digest = (value: string): string => `sha256:${sha256(value)}`;

/** `name=value` with the value digested. */
export function digestOption(option: string): string {
  const [name, ...value] = option.split('=');
  return `${name}=${shortDigest(value.join('='))}`;
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
