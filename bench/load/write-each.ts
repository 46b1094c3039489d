// adapter: one small record to each of some partitions, as soon as each has a leader: a refusal is asked
// again after a moment, so that what is written to may be quite new.
import { setTimeout as sleep } from "node:timers/promises";
import { realCodecs } from "../../base/real/codecs.ts";
import { until } from "../until.ts";
import { leadersOf } from "./ask.ts";
import { makeBatch, makeProduceFrame, produceVersions, readProduceAnswer } from "./produce-frames.ts";
import { Wire } from "./wire.ts";

const readyMs = 60_000;
const retryMs = 10;
const valueBytes = 100;

/** Partitions `from` to `to`, exclusive; acknowledged by their leaders. Rejects when it takes too long. */
export async function writeEach(
  bootstrap: string,
  topic: string,
  { from, to }: { from: number; to: number },
): Promise<void> {
  const batch = makeBatch({ records: 1, valueBytes }, realCodecs, Date.now());
  const frameOf = (partition: number): Uint8Array =>
    makeProduceFrame({ topic, partition, acks: 1, version: produceVersions.min, batch });
  const written = new Set<number>();
  await until(`partitions ${from} to ${to} of ${topic} are written`, readyMs, async () => {
    const leaders = await leadersOf(bootstrap, topic);
    const wires = await openAll(leaders);
    try {
      const missing = Array.from({ length: to - from }, (_, at) => from + at).filter((n) => !written.has(n));
      const one = async (partition: number): Promise<void> => {
        const wire = wires.get(leaders[partition] ?? "");
        if (wire === undefined) return;
        const { errorCode } = readProduceAnswer(await wire.exchange(frameOf(partition)));
        if (errorCode === 0) written.add(partition);
      };
      await Promise.all(missing.map(one));
    } finally {
      for (const wire of wires.values()) wire.close();
    }
    if (written.size < to - from) await sleep(retryMs);
    return written.size === to - from;
  });
}

async function openAll(leaders: readonly string[]): Promise<Map<string, Wire>> {
  const addresses = [...new Set(leaders)];
  const wires = await Promise.all(addresses.map((address) => Wire.open(address)));
  return new Map(addresses.map((address, at) => [address, wires[at]!]));
}
