const NARROWEST = 20;
const HANGING = 2;

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
  return breakAt(oneLine(text).trim().split(' '), Math.max(NARROWEST, width));
}

/** The same for the cells of a table, where a longer word has to be broken too. */
export function wrapCell(text: string, width: number): string[] {
  const pieces = new RegExp(`.{1,${width}}`, 'gu');
  return breakAt(
    oneLine(text)
      .split(' ')
      .flatMap((word) => word.match(pieces) ?? ['']),
    width,
  );
}

/** Wraps one line; what does not fit is indented a little deeper than the line itself. */
export function wrapIndented(line: string, width: number): string[] {
  const whole = visible(line);
  if (whole.length <= width) return [whole];
  const indent = /^ */.exec(whole)![0];
  const [first, ...rest] = wrap(whole, width - indent.length - HANGING);
  return [`${indent}${first}`, ...rest.map((each) => `${indent}${' '.repeat(HANGING)}${each}`)];
}

function breakAt(words: string[], limit: number): string[] {
  const lines = [''];
  for (const word of words) {
    const last = lines[lines.length - 1];
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= limit) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
