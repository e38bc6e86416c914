/** Quotes one word for a POSIX shell. The only place where shell text is made from values. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_\-+=:,./@%]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** Quotes an argument vector as one simple shell command. */
export function shellCommand(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ');
}
