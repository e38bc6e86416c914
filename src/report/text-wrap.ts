const NARROWEST = 20;

/** Text on one line without control characters: what a cluster's names hold must not steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/\p{Cc}/gu, '�');
}

/** Breaks text into lines of at most `width` characters at spaces; longer words stay whole, so that names can be copied. */
export function wrap(text: string, width: number): string[] {
  const limit = Math.max(NARROWEST, width);
  const lines = [''];
  for (const word of oneLine(text).trim().split(' ')) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
