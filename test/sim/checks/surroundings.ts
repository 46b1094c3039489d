// test: what the checkers share: the cluster, the count of checks, the logs as they stand on the disks, and
// what is committed of each.
import type { MetadataImage } from "../../../cluster/metadata/image.ts";
import { emptyImage } from "../../../cluster/metadata/image.ts";
import type { AlterPartitionItem } from "../../../proto/peer/peer-api.ts";
import { CommittedLog } from "../committed-log.ts";
import { DiskLog } from "../disk-log.ts";
import type { Plan } from "../plan.ts";
import type { SimCluster } from "../sim-cluster.ts";
import { dataPath, type SimNode } from "../sim-node.ts";
import type { CheckCounts } from "../violation.ts";

export const metadataFolder = "__cluster_metadata-0";

export class Surroundings {
  readonly plan: Plan;
  readonly cluster: SimCluster;
  readonly checks: CheckCounts;
  /** Committed records of the metadata log. */
  readonly metadata = new CommittedLog(metadataFolder);
  /** Committed records of partitions, by topic id and partition. */
  readonly partitions = new Map<string, CommittedLog>();
  /** The newest image that any node has applied. */
  latest: MetadataImage = emptyImage;
  /**
   * Brokers whose disk was lost, or forgot unsynced writes that counted, with the epoch they were registered
   * under: until they are registered anew, what the in-sync sets say of them is not so.
   */
  readonly forgetful = new Map<number, number>();
  /** What leaders asked the controller for over the wire, by topic id and partition. */
  readonly asked = new Map<string, AlterPartitionItem[]>();
  /** Nodes that were the active controller at some time: what they ask themselves crosses no wire. */
  readonly wereController = new Set<number>();
  readonly #logs = new Map<string, DiskLog>();

  constructor(parts: { plan: Plan; cluster: SimCluster; checks: CheckCounts }) {
    this.plan = parts.plan;
    this.cluster = parts.cluster;
    this.checks = parts.checks;
  }

  /** A replica's log, read up to now. */
  logOf(node: SimNode, folder: string): DiskLog {
    const key = `${node.id}/${folder}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = new DiskLog(node.machine.disk, this.folderOf(node, folder));
      this.#logs.set(key, log);
    }
    log.refresh();
    return log;
  }

  folderOf(_node: SimNode, folder: string): string {
    return `${dataPath}/${folder}`;
  }

  committedOf(topicId: string, partition: number): CommittedLog {
    const key = `${topicId}/${partition}`;
    let log = this.partitions.get(key);
    if (log === undefined) {
      log = new CommittedLog(key);
      this.partitions.set(key, log);
    }
    return log;
  }

  noteForgetful(node: SimNode): void {
    this.forgetful.set(node.id, this.latest.brokers.get(node.id)?.epoch ?? -1);
  }

  /** What the in-sync sets say of this broker may be untrue for now. */
  isForgetful(id: number): boolean {
    const epoch = this.forgetful.get(id);
    if (epoch === undefined) return false;
    if ((this.latest.brokers.get(id)?.epoch ?? -1) === epoch) return true;
    this.forgetful.delete(id);
    return false;
  }
}
