// core: what piece of a topic is to be read: from one time or offset to another, and what that comes to in
// each partition.
//
// A range by time means the records whose timestamps lie in [from, to). Timestamps given by producers do not
// rise from record to record, while ListOffsets only tells the first record of a time or later. So:
//
//   start   the first record with timestamp >= from. No record of the range lies before it, since each has a
//           timestamp >= from itself: the start is always exact.
//   stop    the first record with timestamp >= to. A record of the range that came late, after that one, is
//           not seen. With `exact` the stop is the end of the log: all are seen, and more is read for it.
//   filter  whatever lies between the two and has another timestamp is left out.
//
// Where the broker sets the timestamps (LogAppendTime) both ways give the same.
import { ClientError } from "../errors.ts";
import { quote } from "../options/read-options.ts";
import { timeOf, timeShould } from "../options/times.ts";
import type { AnyTopic } from "../topics/topic.ts";

/** A time (a number is milliseconds since 1970; a text ISO 8601, without a zone UTC), or an offset. */
export type RangePlace = Date | number | string | { readonly offset: number };

export interface RangeQuery<T extends AnyTopic> {
  readonly topic: string | T;
  /** Inclusive; the start of the log if not given. An offset needs `partitions` to name one partition. */
  readonly from?: RangePlace;
  /** Exclusive; the end of the log, as it is when the iteration begins, if not given or further away. */
  readonly to?: RangePlace;
  /** All partitions of the topic if not given. */
  readonly partitions?: readonly number[];
  /**
   * "time": partitions are merged by timestamp, so that records come in the order of time as far as they
   * stand so in their partitions; each waits for the others, so that one without a leader holds up all.
   * "arrival" (if not given): as they come, each partition in order of offset.
   */
  readonly order?: "arrival" | "time";
  /** Read to the end of the log, so that no record of [from, to) is missed, however late it came. */
  readonly exact?: boolean;
}

/** A time in ms, an offset, or null: an end of the log. */
export type Bound = { readonly time: number } | { readonly offset: number } | null;

export interface RangePlan {
  readonly from: Bound;
  readonly to: Bound;
  readonly partitions: readonly number[] | null;
  readonly order: "arrival" | "time";
  readonly exact: boolean;
}

/** Of one partition: where its log begins and ends, and where the times are; -1: no record so late. */
export interface RangeFacts {
  readonly logStart: number;
  readonly logEnd: number;
  readonly atFrom: number;
  readonly atTo: number;
}

const known = new Set(["topic", "from", "to", "partitions", "order", "exact"]);

/** Throws ClientError INVALID_OPTION. */
export function planRange<T extends AnyTopic>(query: RangeQuery<T>): RangePlan {
  for (const name of Object.keys(query))
    if (!known.has(name))
      throw wrong(`there is no option ${quote(name)}; known are ${[...known].join(", ")}`);
  const { partitions = null, order = "arrival", exact = false } = query;
  if (order !== "arrival" && order !== "time")
    throw wrong(`order is ${quote(order)}; it should be "arrival" or "time"`);
  if (typeof exact !== "boolean") throw wrong(`exact is ${quote(exact)}; it should be true or false`);
  const isList = Array.isArray(partitions) && partitions.every((one) => Number.isInteger(one) && one >= 0);
  if (partitions !== null && (!isList || partitions.length === 0))
    throw wrong("partitions should be a list of partition numbers, at least one");
  const from = boundOf("from", query.from);
  const to = boundOf("to", query.to);
  for (const [name, bound] of [
    ["from", from],
    ["to", to],
  ] as const) {
    if (bound !== null && "offset" in bound && partitions?.length !== 1)
      throw wrong(`${name} is an offset, which one partition has: name it, partitions: [N]`);
  }
  const [begin, end] = [amountOf(from), amountOf(to)];
  const areAlike = from !== null && to !== null && "time" in from === "time" in to;
  if (areAlike && begin > end) throw wrong(`from (${shown(query.from)}) is after to (${shown(query.to)})`);
  return { from, to, partitions: partitions === null ? null : [...new Set(partitions)], order, exact };
}

/** Offsets [start, stop) are to be read. */
export function spanOf(plan: RangePlan, facts: RangeFacts): { start: number; stop: number } {
  const { from, to, exact } = plan;
  const { logStart, logEnd, atFrom, atTo } = facts;
  const orEnd = (offset: number): number => (offset < 0 ? logEnd : offset);
  const start = from === null ? logStart : "offset" in from ? from.offset : orEnd(atFrom);
  const last = to === null || ("time" in to && exact) ? logEnd : "offset" in to ? to.offset : orEnd(atTo);
  const stop = Math.min(last, logEnd);
  return { start, stop: Math.max(start, stop) };
}

/** Whether a record of this timestamp belongs to the range; offsets have been seen to. */
export function isInTime({ from, to }: RangePlan, timestamp: number): boolean {
  if (from !== null && "time" in from && timestamp < from.time) return false;
  return !(to !== null && "time" in to && timestamp >= to.time);
}

function boundOf(name: string, given: RangePlace | undefined): Bound {
  if (given === undefined) return null;
  if (typeof given === "object" && given !== null && "offset" in given) {
    const { offset } = given;
    if (Number.isSafeInteger(offset) && offset >= 0) return { offset };
    throw wrong(`the offset in ${name} is ${quote(offset)}; it should be a whole number of 0 or more`);
  }
  const time = timeOf(given);
  if (time === null) throw wrong(`${name} is ${shown(given)}; it should be ${timeShould}, or { offset }`);
  return { time };
}

function amountOf(bound: Bound): number {
  if (bound === null) return 0;
  return "time" in bound ? bound.time : bound.offset;
}

function shown(place: unknown): string {
  if (place instanceof Date) return Number.isNaN(place.getTime()) ? "an invalid Date" : place.toISOString();
  if (typeof place === "object" && place !== null && "offset" in place)
    return `offset ${String(place.offset)}`;
  return quote(place);
}

function wrong(text: string): ClientError {
  return new ClientError("INVALID_OPTION", `range: ${text}`);
}
