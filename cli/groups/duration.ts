// core: lengths of time as people give them on a command line: 90s, 1h30m, 2d, and ISO 8601 like PT1H30M.

const unitsMs: Readonly<Record<string, number>> = {
  w: 7 * 86_400_000,
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
};
/** The largest unit first, each at most once. */
const order = ["w", "d", "h", "m", "s", "ms"];
const iso = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,3})?)S)?)?$/i;

/** In milliseconds; null when the text is none. */
export function parseDuration(text: string): number | null {
  const ms = /^p/i.test(text) ? ofIso(text) : ofUnits(text);
  return ms !== null && Number.isSafeInteger(ms) ? ms : null;
}

function ofIso(text: string): number | null {
  const match = iso.exec(text);
  if (match === null) return null;
  const parts = match.slice(1, 6).map((part) => Number(part ?? 0));
  return Math.round(parts.reduce((sum, part, at) => sum + part * unitsMs[order[at]!]!, 0));
}

function ofUnits(text: string): number | null {
  if (!/^(\d+(ms|[wdhms]))+$/i.test(text)) return null;
  let sum = 0;
  let last = -1;
  for (const [, count, unit] of text.toLowerCase().matchAll(/(\d+)(ms|[wdhms])/g)) {
    const at = order.indexOf(unit!);
    if (at <= last) return null;
    last = at;
    sum += Number(count) * unitsMs[unit!]!;
  }
  return sum;
}
