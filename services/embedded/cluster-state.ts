// core: what a cluster lacks, as its brokers see it: the reasons, in words, why it cannot be called ready.
import type { MetadataImage, PartitionImage } from "../../cluster/metadata/image.ts";

/** One broker, as far as it matters here. */
export interface BrokerView {
  readonly id: number;
  /** It runs and can be reached by the others. */
  readonly takesPart: boolean;
  /** Null while there is nothing to ask. */
  readonly image: MetadataImage | null;
  readonly notReady: readonly string[];
}

/**
 * Empty when all is settled: every broker that takes part serves and sees the same; the others are fenced;
 * and every partition with a replica on a broker that takes part is led by such a one, with all such replicas
 * in sync.
 */
export function unsettled(brokers: readonly BrokerView[]): string[] {
  const able = brokers.filter(({ takesPart }) => takesPart);
  if (able.length === 0) return ["no broker runs that others can reach"];
  return able.flatMap((broker) => [
    ...broker.notReady.map((reason) => `broker ${broker.id}: ${reason}`),
    ...unlikeSeenBy(broker, brokers),
  ]);
}

function unlikeSeenBy({ id, image }: BrokerView, brokers: readonly BrokerView[]): string[] {
  if (image === null) return [`broker ${id} is starting`];
  const reasons: string[] = [];
  for (const other of brokers) {
    const isFenced = image.brokers.get(other.id)?.fenced ?? true;
    if (other.takesPart && isFenced) reasons.push(`broker ${id} does not see broker ${other.id} serve yet`);
    if (!other.takesPart && !isFenced) reasons.push(`broker ${id} has not noticed that ${other.id} is away`);
  }
  const able = new Set(brokers.filter(({ takesPart }) => takesPart).map((broker) => broker.id));
  for (const topic of image.topics.values()) {
    for (const partition of topic.partitions) {
      const reason = partitionUnsettled(partition, able);
      if (reason !== null) reasons.push(`${topic.name}-${partition.partition} ${reason}`);
    }
  }
  return [...new Set(reasons)];
}

function partitionUnsettled(partition: PartitionImage, able: ReadonlySet<number>): string | null {
  const replicas = partition.replicas.filter((id) => able.has(id));
  if (replicas.length === 0) return null;
  if (!able.has(partition.leader)) return "has no leader";
  const late = replicas.filter((id) => !partition.isr.includes(id));
  return late.length === 0 ? null : `has replicas that are not in sync: ${late.join(", ")}`;
}

/** Id of the active controller by the word of the newest term; -1: nobody that takes part is. */
export function activeController(
  brokers: readonly { readonly id: number; readonly takesPart: boolean; leaderId: number; term: number }[],
): number {
  const able = brokers.filter(({ takesPart }) => takesPart);
  const newest = Math.max(0, ...able.map(({ term }) => term));
  const known = able.find(({ term, leaderId }) => term === newest && leaderId >= 0);
  return able.find(({ id }) => id === known?.leaderId)?.id ?? -1;
}
