// test: what a broker tells another must be so on its disk at that moment: a vote, a term, the end of what it
// holds. Looks at every message as it is given away.

import { readInt32, readInt64 } from "../../../proto/batch/header.ts";
import type { AlterPartitionRequest, PullPositions, RaftMessage } from "../../../proto/peer/peer-api.ts";
import type { PeerTap } from "../../../services/peer/link-peers.ts";
import { isCompacted } from "../compacted-topics.ts";
import { dataPath, type SimNode } from "../sim-node.ts";
import { metadataFolder, type Surroundings } from "./surroundings.ts";

/** Layout: cluster/raft/driver/vote-file.ts. */
const votePath = `${dataPath}/${metadataFolder}/vote`;

export class ClaimsCheck {
  readonly #all: Surroundings;

  constructor(all: Surroundings) {
    this.#all = all;
  }

  readonly tap: PeerTap = ({ from, service, value }) => {
    const node = this.#all.cluster.nodes.find(({ name }) => name === from);
    if (node === undefined) return;
    if (service === "raft") this.#raft(node, value as RaftMessage);
    if (service === "alterPartition" && "brokerEpoch" in (value as object)) {
      this.#asked(value as AlterPartitionRequest);
    }
    if (service === "pull" && "positions" in (value as object)) this.#pull(node, value as PullPositions);
  };

  #asked({ items }: AlterPartitionRequest): void {
    for (const item of items) {
      const key = `${item.topicId}/${item.partition}`;
      const known = this.#all.asked.get(key);
      if (known === undefined) this.#all.asked.set(key, [item]);
      else known.push(item);
    }
  }

  #raft(node: SimNode, message: RaftMessage): void {
    const { kind, term } = message;
    const isPromise = (kind === "voteReply" && message.granted) || kind === "vote" || kind === "appendReply";
    if (!isPromise || term === 0) return;
    const { checks } = this.#all;
    const bytes = node.machine.disk.lastingBytes(votePath);
    const lastingTerm = bytes === null ? 0 : readInt64(bytes, 10);
    checks.hold(
      "raft: a term is on disk before a message of it leaves",
      lastingTerm >= term,
      () => `${node.name} sent ${kind} of term ${term}; on its disk is term ${lastingTerm}`,
    );
    if (kind === "voteReply" && bytes !== null && lastingTerm === term) {
      const votedId = readInt32(bytes, 18);
      checks.hold(
        "raft: a vote is on disk before the answer leaves",
        votedId === message.toId,
        () => `${node.name} voted for ${message.toId} in term ${term}; on its disk is ${votedId}`,
      );
    }
    if (kind === "appendReply" && message.granted) this.#raftEnd(node, message.durableEnd);
  }

  #raftEnd(node: SimNode, end: number): void {
    const log = this.#all.logOf(node, metadataFolder);
    if (end === 0 || end <= log.start) return;
    const found = log.find(end - 1);
    this.#all.checks.hold(
      "raft: what a follower confirms is on its disk",
      found !== null && log.wouldLast(found),
      () => `${node.name} confirmed entries up to ${end}: ${found === null ? "not there" : "not synced"}`,
    );
  }

  #pull(node: SimNode, { positions }: PullPositions): void {
    const { latest, plan, checks } = this.#all;
    if (plan.flushPolicy === "os") return;
    for (const { topicId, partition, durableOffset, stop } of positions) {
      const topic = latest.topics.get(topicId);
      if (topic === undefined || stop || durableOffset <= 0) continue;
      const log = this.#all.logOf(node, `${topic.name}-${partition}`);
      if (durableOffset <= log.start) continue;
      const found = log.find(durableOffset - 1);
      const isOther = isCompacted(topic.name) && log.coversLastingly(durableOffset - 1);
      checks.hold(
        "partition: what a follower says it holds is on its disk",
        found !== null && (isOther || log.wouldLast(found)),
        () =>
          `${node.name} holds ${topic.name}-${partition} up to ${durableOffset}, it says; ` +
          `${found === null ? `its log ends at ${log.end}` : "that is not synced"}`,
      );
    }
  }
}
