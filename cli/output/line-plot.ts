// core: a plot of lines over few places on one axis, as SVG that stands by itself and is legible on light and
// dark. Places are put at equal distances: numbers that double or more would crowd otherwise.

export interface PlotLine {
  name: string;
  /** At each place; null: nothing is known there, and the line is broken. */
  values: readonly (number | null)[];
}

export interface Plot {
  title: string;
  /** What stands below, and what the values are. */
  places: string;
  unit: string;
  at: readonly (number | string)[];
  lines: readonly PlotLine[];
}

const size = { width: 720, height: 400 };
const inner = { left: 70, right: 190, top: 50, bottom: 55 };
const colours = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b"];
const ticks = 5;

export function linePlot(plot: Plot): string {
  const most = Math.max(0, ...plot.lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const top = niceTop(most);
  const [right, bottom] = [size.width - inner.right, size.height - inner.bottom];
  const step = (right - inner.left) / Math.max(1, plot.at.length - 1);
  const x = (place: number): number => inner.left + place * step;
  const y = (value: number): number => bottom - (value / top) * (bottom - inner.top);
  const parts = [
    `<title>${escaped(plot.title)}</title>`,
    text(inner.left, 28, plot.title, 'font-size="15" font-weight="bold"'),
    ...Array.from({ length: ticks + 1 }, (_, tick) => {
      const value = (top * tick) / ticks;
      const line = `<line x1="${inner.left}" y1="${n(y(value))}" x2="${right}" y2="${n(y(value))}"`;
      const label = text(
        inner.left - 8,
        y(value) + 4,
        String(Number(value.toPrecision(3))),
        'text-anchor="end"',
      );
      return `${line} stroke="#8888" stroke-width="1"/>${label}`;
    }),
    ...plot.at.map((place, at) => text(x(at), bottom + 20, String(place), 'text-anchor="middle"')),
    text((inner.left + right) / 2, size.height - 12, plot.places, 'text-anchor="middle"'),
    text(inner.left - 8, inner.top - 12, plot.unit, 'text-anchor="end"'),
    ...plot.lines.map((line, at) => drawn(line, at, x, y)),
    ...plot.lines.map(({ name }, at) => legend(name, at, right + 20)),
  ];
  const view = `viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}"`;
  const style = 'font-family="sans-serif" font-size="12" fill="#777"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${view} ${style}>\n${parts.join("\n")}\n</svg>\n`;
}

/** The next of 1, 2, 2.5, 5 times a power of ten; 1 for nothing. */
export function niceTop(most: number): number {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([1, 2, 2.5, 5].find((step) => step * power >= most) ?? 10);
}

function drawn(
  { values }: PlotLine,
  at: number,
  x: (place: number) => number,
  y: (value: number) => number,
): string {
  const colour = colourOf(at);
  let path = "";
  let isDrawing = false;
  const dots: string[] = [];
  for (const [place, value] of values.entries()) {
    if (value !== null) {
      const [across, down] = [n(x(place)), n(y(value))];
      path += `${isDrawing ? "L" : "M"}${across} ${down}`;
      dots.push(`<circle cx="${across}" cy="${down}" r="3" fill="${colour}"/>`);
    }
    isDrawing = value !== null;
  }
  return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join("")}`;
}

function legend(name: string, at: number, left: number): string {
  const down = inner.top + 10 + at * 20;
  const line = `<line x1="${left}" y1="${down - 4}" x2="${left + 20}" y2="${down - 4}"`;
  return `${line} stroke="${colourOf(at)}" stroke-width="2"/>${text(left + 26, down, name, "")}`;
}

function colourOf(at: number): string {
  return colours[at % colours.length]!;
}

function text(x: number, y: number, value: string, more: string): string {
  return `<text x="${n(x)}" y="${n(y)}" ${more}>${escaped(value)}</text>`.replace(" >", ">");
}

function escaped(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function n(value: number): number {
  return Math.round(value * 10) / 10;
}
