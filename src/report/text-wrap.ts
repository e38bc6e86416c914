const NARROWEST = 20;

/** Text on one line, its spaces kept and its control characters shown: names in a cluster must not steer a terminal. */
export function visible(text: string): string {
  return text.replace(/[\t\r\n]/g, ' ').replace(/\p{Cc}/gu, '�');
}

/** The same with every run of spaces made one. */
export function oneLine(text: string): string {
  return visible(text).replace(/ +/g, ' ');
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
