// core: which brokers hold which partitions of a new topic. Leaders go round the racks, and round the
// brokers of each rack; the other replicas follow on other racks first. Fenced brokers come last and never
// lead. The same seed gives the same placement.
//
// Source: Kafka, StripedReplicaPlacer (KIP-36, KIP-631)
import { assert } from "../../base/assert.ts";

export interface PlacementBroker {
  readonly id: number;
  /** Brokers without a rack share one. */
  readonly rack: string | null;
  /** Not to be counted on now: fenced, or on its way out. */
  readonly isAway: boolean;
}

export interface PlacementRequest {
  /** At least `replicationFactor` of them, at least one not away. */
  readonly brokers: readonly PlacementBroker[];
  readonly partitions: number;
  readonly replicationFactor: number;
  /** A random whole number in [0, 2^32). */
  readonly seed: number;
}

/** Numbers in [0, 1) from a seed (mulberry32); enough to mix a list, not for secrets. */
function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}

/**
 * The items as a ring that starts at `turn`. Each time round, those behind the first are rotated by one, so
 * that what one item led is not all taken over by the same other one.
 */
function ring<T>(items: readonly T[], turn: number): T[] {
  const { length } = items;
  if (length < 2) return [...items];
  const from = turn % length;
  const [first, ...rest] = [...items.slice(from), ...items.slice(0, from)];
  const shift = Math.floor(turn / length) % (length - 1);
  return [first!, ...rest.slice(shift), ...rest.slice(0, shift)];
}

/** Takes one of each list in turn. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const result: T[] = [];
  for (let at = 0; at < longest; at++) for (const list of lists) if (at < list.length) result.push(list[at]!);
  return result;
}

function racksOf(brokers: readonly PlacementBroker[], random: () => number): number[][] {
  const racks = new Map<string | null, number[]>();
  for (const { id, rack } of shuffled(brokers, random)) racks.set(rack, [...(racks.get(rack) ?? []), id]);
  return shuffled([...racks.values()], random);
}

function ordered(racks: readonly number[][], turn: number): number[] {
  if (racks.length === 0) return [];
  const round = Math.floor(turn / racks.length);
  return interleaved(ring(racks, turn).map((rack, at) => ring(rack, round + at)));
}

/** Broker ids of each partition's replicas; the first is the preferred leader. */
export function placeReplicas(request: PlacementRequest): number[][] {
  const { partitions, replicationFactor } = request;
  const byId = [...request.brokers].sort((one, other) => one.id - other.id);
  const random = numbersFrom(request.seed);
  const here = racksOf(
    byId.filter(({ isAway }) => !isAway),
    random,
  );
  const away = racksOf(
    byId.filter(({ isAway }) => isAway),
    random,
  );
  assert(here.length > 0 && byId.length >= replicationFactor, `cannot place ${replicationFactor} replicas`);
  const start = Math.floor(random() * byId.length);
  return Array.from({ length: partitions }, (_, at) => {
    const turn = start + at;
    return [...ordered(here, turn), ...ordered(away, turn)].slice(0, replicationFactor);
  });
}
