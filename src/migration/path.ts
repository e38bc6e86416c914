/** A path that can't be taken. The message names the input field and what would be right. */
export class PathError extends Error {
  override name = 'PathError';
  constructor(
    readonly field: 'to' | 'path',
    message: string,
  ) {
    super(message);
  }
}

export interface Hop {
  from: number;
  to: number;
}

/**
 * The phases from the running version to the target: every major on the way, or the given path.
 * @throws PathError for a downgrade, no step at all, an unsupported version, or a path that does not lead there.
 */
export function hops(
  running: number,
  to: number,
  path: readonly number[] | undefined,
  supported: readonly number[],
): Hop[] {
  if (to < running)
    throw new PathError(
      'to',
      `The cluster runs ${running}; ${to} would be a downgrade, which PostgreSQL can't do. To go back, use rollback.`,
    );
  if (to === running) throw new PathError('to', `The cluster runs ${running} already: there is nothing to migrate.`);
  const stops = path ?? supported.filter((version) => version > running && version <= to);
  const unknown = [running, ...stops, to].find((version) => !supported.includes(version));
  if (unknown !== undefined)
    throw new PathError('to', `PostgreSQL ${unknown} is not supported; supported are ${supported.join(', ')}.`);
  if (stops.at(-1) !== to) throw new PathError('path', `The path ${stops.join(' → ')} does not end at ${to}.`);
  const whole = [running, ...stops];
  if (whole.some((version, index) => index > 0 && version <= whole[index - 1])) {
    throw new PathError('path', `The path ${whole.join(' → ')} has to go up at every step.`);
  }
  return stops.map((version, index) => ({ from: whole[index], to: version }));
}

/** A phase's name as people say it in approvals: `15-16`. */
export function phaseName(hop: Hop): string {
  return `${hop.from}-${hop.to}`;
}
