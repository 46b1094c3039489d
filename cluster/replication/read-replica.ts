// core: which replica a reader should read from (KIP-392): one in the reader's own rack, if it is in sync and
// has what the reader asks for; otherwise the leader.
//
// Source: KIP-392; Kafka's RackAwareReplicaSelector and ReplicaManager.findPreferredReadReplica.

/** An in-sync replica that can be reached, as the leader knows it. */
export interface ReadableReplica {
  readonly nodeId: number;
  readonly rack: string | null;
  readonly logStartOffset: number;
  readonly logEndOffset: number;
}

/** Null: read from the leader. Of several in the rack the one that has most, then that of the lowest id. */
export function replicaInRack(options: {
  rack: string;
  offset: number;
  leaderRack: string | null;
  followers: readonly ReadableReplica[];
}): number | null {
  const { rack, offset, leaderRack, followers } = options;
  if (rack === "" || leaderRack === rack) return null;
  let best: ReadableReplica | null = null;
  for (const follower of followers) {
    if (follower.rack !== rack) continue;
    if (offset < follower.logStartOffset || offset > follower.logEndOffset) continue;
    const more = best === null ? 1 : follower.logEndOffset - best.logEndOffset;
    if (best === null || more > 0 || (more === 0 && follower.nodeId < best.nodeId)) best = follower;
  }
  return best?.nodeId ?? null;
}
