// test: the picture of the cluster: the same on every node at the same end, never ahead of what is committed,
// and changed only in the ways the design allows.
import type { MetadataImage, PartitionImage } from "../../../cluster/metadata/image.ts";
import type { SimNode } from "../sim-node.ts";
import type { Surroundings } from "./surroundings.ts";

export class MetadataCheck {
  readonly #all: Surroundings;
  readonly #seen = new Map<number, MetadataImage>();
  readonly #textByEnd = new Map<number, string>();
  leaderMoves = 0;
  isrShrinks = 0;
  isrGrows = 0;
  fences = 0;

  constructor(all: Surroundings) {
    this.#all = all;
  }

  look(node: SimNode): void {
    const image = node.running?.image;
    if (image === undefined || this.#seen.get(node.id) === image) return;
    this.#seen.set(node.id, image);
    if (image.end === 0) return;
    const { checks, metadata } = this.#all;
    checks.hold(
      "metadata: nothing is applied before it is committed",
      image.end <= metadata.end,
      () => `${node.name} applied up to ${image.end}; ${metadata.end} is committed`,
    );
    const text = textOf(image);
    const before = this.#textByEnd.get(image.end);
    checks.hold(
      "metadata: the same image at the same end",
      before === undefined || before === text,
      () => `at ${image.end} ${node.name} has\n${text}\nand another node had\n${before}`,
    );
    this.#textByEnd.set(image.end, text);
    if (image.end <= this.#all.latest.end) return;
    this.#transition(this.#all.latest, image);
    this.#all.latest = image;
  }

  #transition(before: MetadataImage, after: MetadataImage): void {
    for (const [topicId, topic] of after.topics) {
      const old = before.topics.get(topicId);
      for (const partition of topic.partitions) {
        const where = `${topic.name}-${partition.partition} at ${after.end}`;
        this.#standing(partition, after, where);
        const was = old?.partitions[partition.partition];
        if (was !== undefined && was !== partition) this.#change(was, partition, after, where);
      }
    }
    this.#registrations(before, after);
  }

  #standing({ leader, isr, replicas, elr }: PartitionImage, image: MetadataImage, where: string): void {
    const { checks } = this.#all;
    checks.hold(
      "metadata: a leader is in its in-sync set",
      leader < 0 || (isr.includes(leader) && image.brokers.get(leader)?.fenced === false),
      () => `${where}: leader ${leader}, in sync ${isr}, ${JSON.stringify(image.brokers.get(leader))}`,
    );
    checks.hold(
      "metadata: in-sync and eligible sets are of replicas",
      isr.every((id) => replicas.includes(id)) &&
        elr.every((id) => replicas.includes(id) && !isr.includes(id)),
      () => `${where}: replicas ${replicas}, in sync ${isr}, eligible ${elr}`,
    );
    checks.hold(
      "metadata: somebody is in sync or eligible",
      isr.length + elr.length > 0,
      () => `${where}: nobody holds all its records any more`,
    );
  }

  #change(was: PartitionImage, now: PartitionImage, after: MetadataImage, where: string): void {
    const { checks } = this.#all;
    const isChanged = was.leader !== now.leader || String(was.isr) !== String(now.isr);
    checks.hold(
      "metadata: partition epochs rise with every change",
      isChanged ? now.partitionEpoch > was.partitionEpoch : now.partitionEpoch >= was.partitionEpoch,
      () => `${where}: from ${JSON.stringify(was)} to ${JSON.stringify(now)}`,
    );
    checks.hold(
      "metadata: leader epochs rise with every leader",
      was.leader === now.leader ? now.leaderEpoch >= was.leaderEpoch : now.leaderEpoch > was.leaderEpoch,
      () => `${where}: from ${JSON.stringify(was)} to ${JSON.stringify(now)}`,
    );
    if (was.leader !== now.leader) this.leaderMoves++;
    if (was.isr.some((id) => !now.isr.includes(id))) this.isrShrinks++;
    if (!now.isr.some((id) => !was.isr.includes(id))) return;
    this.isrGrows++;
    if (was.leaderEpoch === now.leaderEpoch) this.#grown(was, now, after, where);
  }

  /** Within a leader epoch only the leader adds to the set, and only to the set that it knew. */
  #grown(was: PartitionImage, now: PartitionImage, after: MetadataImage, where: string): void {
    const { asked, checks, wereController } = this.#all;
    if (wereController.has(now.leader)) return;
    const requests = asked.get(`${now.topicId}/${now.partition}`) ?? [];
    // Others may have left between the change that was asked for and this image.
    const joined = now.isr.filter((id) => !was.isr.includes(id));
    const asking = requests.filter(
      ({ leaderEpoch, partitionEpoch, isr }) =>
        leaderEpoch === now.leaderEpoch &&
        partitionEpoch >= was.partitionEpoch &&
        partitionEpoch < now.partitionEpoch &&
        joined.every((id) => isr.some(({ nodeId }) => nodeId === id)),
    );
    checks.hold(
      "metadata: an in-sync set grows only as its leader asked at this partition epoch",
      asking.length > 0,
      () =>
        `${where}: from ${JSON.stringify(was)} to ${JSON.stringify(now)}; asked: ${JSON.stringify(requests)}`,
    );
    const isOfThisLife = ({ nodeId, brokerEpoch }: { nodeId: number; brokerEpoch: number }): boolean =>
      !joined.includes(nodeId) || after.brokers.get(nodeId)?.epoch === brokerEpoch;
    checks.hold(
      "metadata: a replica joins an in-sync set only in the life that its leader spoke of",
      asking.some(({ isr }) => isr.every(isOfThisLife)),
      () => `${where}: ${joined} joined; asked: ${JSON.stringify(asking)}`,
    );
  }

  #registrations(before: MetadataImage, after: MetadataImage): void {
    for (const [id, broker] of after.brokers) {
      const was = before.brokers.get(id);
      if (was === undefined) continue;
      if (broker.fenced && !was.fenced) this.fences++;
      if (was.epoch === broker.epoch) continue;
      for (const [topicId, topic] of before.topics) {
        for (const old of topic.partitions) {
          const now = after.topics.get(topicId)?.partitions[old.partition];
          if (old.leader !== id || now === undefined) continue;
          this.#all.checks.hold(
            "metadata: a registration raises the epoch of all the broker led",
            now.leaderEpoch > old.leaderEpoch,
            () => `${topic.name}-${old.partition} is still in epoch ${now.leaderEpoch}, in which n${id} led`,
          );
        }
      }
    }
  }
}

/** The same for equal images, whatever the order of their maps. */
function textOf(image: MetadataImage): string {
  return JSON.stringify(image, (_key, value: unknown) => {
    if (!(value instanceof Map)) return value;
    return [...value].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1));
  });
}
