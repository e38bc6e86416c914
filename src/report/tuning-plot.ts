/** One point of the plot: a setting with what it measured. */
export interface PlotPoint {
  label: string;
  /** 0 to 1. */
  recall: number;
  milliseconds: number;
  bytes: number;
}

const WIDTH = 640;
const HEIGHT = 400;
const EDGE = { left: 60, right: 30, top: 30, bottom: 50 };

/** Recall over the time of a search, the size of the index as the size of the circle; an SVG that stands by itself. */
export function tuningPlot(points: readonly PlotPoint[]): string {
  const slowest = Math.max(...points.map(({ milliseconds }) => milliseconds), 0.001) * 1.15;
  const lowest = Math.min(...points.map(({ recall }) => recall), 0.9);
  const largest = Math.max(...points.map(({ bytes }) => bytes), 1);
  const x = (ms: number) => EDGE.left + (ms / slowest) * (WIDTH - EDGE.left - EDGE.right);
  const y = (recall: number) => EDGE.top + ((1 - recall) / (1 - lowest + 0.02)) * (HEIGHT - EDGE.top - EDGE.bottom);
  const marks = points.map(({ label, recall, milliseconds, bytes }) => {
    const [cx, cy] = [round(x(milliseconds)), round(y(recall))];
    const title = `${label}: recall ${recall}, ${milliseconds} ms, ${mebibytes(bytes)}`;
    return `<circle cx="${cx}" cy="${cy}" r="${round(4 + 12 * Math.sqrt(bytes / largest))}" fill="#0b5cad" fill-opacity=".5" stroke="#0b5cad"><title>${escape(title)}</title></circle>
<text x="${cx}" y="${round(cy - 20)}" text-anchor="middle">${escape(label)}, ${mebibytes(bytes)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="recall over search time and index size" font-family="sans-serif" font-size="12" fill="currentColor">
${axis(x, y, slowest, lowest)}
${marks.join('\n')}
</svg>
`;
}

function axis(x: (ms: number) => number, y: (recall: number) => number, slowest: number, lowest: number): string {
  const bottom = HEIGHT - EDGE.bottom;
  const steps = [0, 0.25, 0.5, 0.75, 1];
  const times = steps.map(
    (part) =>
      `<text x="${round(x(slowest * part))}" y="${bottom + 18}" text-anchor="middle">${(slowest * part).toFixed(2)}</text>`,
  );
  const recalls = steps
    .map((part) => lowest + (1 - lowest) * part)
    .map(
      (value) => `<text x="${EDGE.left - 8}" y="${round(y(value) + 4)}" text-anchor="end">${value.toFixed(2)}</text>`,
    );
  return `<path d="M${EDGE.left} ${EDGE.top}V${bottom}H${WIDTH - EDGE.right}" fill="none" stroke="currentColor"/>
${[...times, ...recalls].join('\n')}
<text x="${WIDTH / 2}" y="${HEIGHT - 10}" text-anchor="middle">milliseconds a search (median)</text>
<text x="14" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 14 ${HEIGHT / 2})">recall</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
