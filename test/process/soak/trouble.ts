// test: one trouble at a time for a cluster under load: a broker killed and started again, paused and let
// go, or cut off one way or both ways, from its peers or from clients. Chosen by a seed.
import type { ProxiedCluster } from "../proxied-cluster.ts";

export interface Trouble {
  kind: "kill" | "pause" | "cut";
  /** In words, for the table. */
  text: string;
  lastsMs: number;
  begin(): Promise<void>;
  end(): Promise<void>;
}

export type Random = () => number;

/** Numbers from 0 to 1 by a seed (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const client = 0;

/** `spared` is never killed, so that its memory can be followed; it is paused and cut like the others. */
export function nextTrouble(running: ProxiedCluster, options: { random: Random; spared: number }): Trouble {
  const { random, spared } = options;
  const ids = running.cluster.brokers.map(({ id }) => id);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const id = pick(ids);
  const lastsMs = 500 + Math.floor(random() * 5_500);
  const kind = random();
  if (kind < 0.4) return kill(running, id === spared ? pick(ids.filter((other) => other !== spared)) : id);
  if (kind < 0.65) return pause(running, id, lastsMs);
  return cut(running, id, { random, lastsMs });
}

function kill({ cluster }: ProxiedCluster, id: number): Trouble {
  return {
    kind: "kill",
    text: `kill -9 broker ${id}`,
    lastsMs: 1_000,
    begin: () => cluster.kill(id),
    end: async () => void cluster.startBroker(id),
  };
}

function pause({ cluster }: ProxiedCluster, id: number, lastsMs: number): Trouble {
  return {
    kind: "pause",
    text: `pause broker ${id}`,
    lastsMs,
    begin: async () => cluster.pause(id),
    end: async () => cluster.resume(id),
  };
}

function cut(
  { cluster, proxy }: ProxiedCluster,
  id: number,
  { random, lastsMs }: { random: Random; lastsMs: number },
): Trouble {
  const peers = cluster.brokers.map((broker) => broker.id).filter((other) => other !== id);
  const shape = random();
  const others =
    shape < 0.25 ? [client] : shape < 0.6 ? [peers[Math.floor(random() * peers.length)]!] : peers;
  const way = random();
  const pairs: [number, number][] = [];
  for (const other of others) {
    if (way < 0.67) pairs.push([id, other]);
    if (way > 0.33) pairs.push([other, id]);
  }
  const name = (party: number): string => (party === client ? "clients" : String(party));
  return {
    kind: "cut",
    text: `cut ${pairs.map(([from, to]) => `${name(from)}>${name(to)}`).join(" ")}`,
    lastsMs,
    begin: async () => {
      for (const [from, to] of pairs) proxy.cut(from, to);
    },
    end: async () => proxy.mendAll(),
  };
}
