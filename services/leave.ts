// shell: how a node leaves in order: what it leads is led by others first, the metadata log included.
// Bounded: without a controller there is nobody to hand anything to.
import type { Clock } from "../base/ports/clock.ts";
import type { RaftNode } from "../cluster/raft/driver/raft-node.ts";
import type { BrokerLifecycle } from "./lifecycle.ts";

const leaveMs = 8_000;
const transferMs = 2_000;
const withoutControllerMs = 1_000;
const lookEveryMs = 50;

export async function leaveCluster(node: {
  clock: Clock;
  raft: RaftNode;
  lifecycle: BrokerLifecycle | null;
}): Promise<void> {
  const { clock, raft, lifecycle } = node;
  if (lifecycle !== null) {
    const left = lifecycle.shutDown({ timeoutMs: leaveMs });
    await Promise.race([left, controllerGone(clock, raft)]);
  }
  await raft.transferLeadership(transferMs);
}

/** Resolves when no controller was known for a while; never after `leaveMs`. */
function controllerGone(clock: Clock, raft: RaftNode): Promise<void> {
  return new Promise((resolve) => {
    const began = clock.monotonicMs();
    let lastKnownMs = began;
    const look = (): void => {
      const nowMs = clock.monotonicMs();
      if (raft.leaderId() >= 0) lastKnownMs = nowMs;
      if (nowMs - lastKnownMs >= withoutControllerMs) resolve();
      else if (nowMs - began < leaveMs) clock.after(lookEveryMs, look);
    };
    look();
  });
}
