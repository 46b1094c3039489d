// core: points in time as people give them: a Date, milliseconds since 1970, or ISO 8601. Keeps true: a text
// without a zone means UTC wherever it is read, so that a command does the same on every machine.

/** What `timeOf` takes, for people. */
export const timeShould = "a Date, milliseconds since 1970, or an ISO 8601 time like 2026-01-31T12:00:00Z";

const iso =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/** Milliseconds since 1970; null when it is no time, or one before 1970. */
export function timeOf(given: unknown): number | null {
  const time = given instanceof Date ? given.getTime() : typeof given === "string" ? ofText(given) : given;
  return typeof time === "number" && Number.isSafeInteger(time) && time >= 0 ? time : null;
}

function ofText(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const match = iso.exec(text.trim());
  if (match === null) return Number.NaN;
  const [, day, clock = "00:00", zone = "Z"] = match;
  // February 30 would be taken for a day in March.
  const midnight = Date.parse(`${day}T00:00Z`);
  if (Number.isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day!)) return Number.NaN;
  return Date.parse(`${day}T${clock.replace(",", ".")}${zoneOf(zone)}`);
}

/** As JavaScript wants it: Z, or a sign, hours and minutes. */
function zoneOf(zone: string): string {
  if (zone.toUpperCase() === "Z") return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone[0]}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
