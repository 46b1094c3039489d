// core: whether the reader of a partition had better ask another broker, one in its own rack (KIP-392).
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import { replicaInRack } from "../../cluster/replication/read-replica.ts";
import { brokerAddress, isAlive } from "./brokers.ts";
import type { ClientPartition } from "./ports.ts";

/** Null: this broker is the right one; a follower never sends on. */
export function preferredReplica(
  replica: Pick<ClientPartition, "isLeader" | "inSyncFollowers">,
  reader: {
    readonly image: MetadataImage;
    readonly listenerName: string;
    readonly nodeId: number;
    readonly rack: string;
    readonly offset: number;
  },
): number | null {
  if (!replica.isLeader) return null;
  const { image, listenerName, nodeId, rack, offset } = reader;
  const followers = [];
  for (const follower of replica.inSyncFollowers()) {
    const broker = image.brokers.get(follower.nodeId);
    if (broker === undefined || !isAlive(image, broker.id)) continue;
    if (brokerAddress(broker, listenerName) !== null) followers.push({ ...follower, rack: broker.rack });
  }
  return replicaInRack({ rack, offset, leaderRack: image.brokers.get(nodeId)?.rack ?? null, followers });
}
