// test: what the checkers share: the cluster, the count of checks, the logs as they stand on the disks, and
// what is committed of each.
import type { MetadataImage } from "../../../cluster/metadata/image.ts";
import { emptyImage } from "../../../cluster/metadata/image.ts";
import { directoryOf } from "../../../cluster/metadata/queries.ts";
import type { AlterPartitionItem } from "../../../proto/peer/peer-api.ts";
import { CommittedLog } from "../committed-log.ts";
import { DiskLog } from "../disk-log.ts";
import type { Plan } from "../plan.ts";
import type { SimCluster } from "../sim-cluster.ts";
import { dataPath, type SimNode, secondPath } from "../sim-node.ts";
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
    const path = this.folderOf(node, folder);
    const key = `${node.id}${path}`;
    let log = this.#logs.get(key);
    if (log === undefined) {
      log = new DiskLog(node.machine.disk, path);
      this.#logs.set(key, log);
    }
    log.refresh();
    return log;
  }

  /**
   * The folder of a replica's log. Two directories may hold one, when a directory was away for some time, or
   * failed and the replica began anew in the other: the one counts that the process has open, or else the one
   * that the metadata names.
   */
  folderOf(node: SimNode, folder: string): string {
    const first = `${dataPath}/${folder}`;
    const second = `${secondPath}/${folder}`;
    const { names } = node.machine.disk;
    if (names.find(second) === null) return first;
    if (names.find(first) === null) return second;
    return this.#placeOf(node, folder) === directoryIdAt(node, secondPath) ? second : first;
  }

  #placeOf(node: SimNode, folder: string): string | null {
    const at = folder.lastIndexOf("-");
    const topicId = this.latest.topicIdsByName.get(folder.slice(0, at)) ?? "";
    const index = Number(folder.slice(at + 1));
    const open = node.running?.replicas?.partition(topicId, index);
    if (open !== undefined && open.role !== "offline") return open.directoryId;
    const image = this.latest.topics.get(topicId)?.partitions[index];
    return image === undefined ? null : directoryOf(image, node.id);
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

/** As the folder itself says. */
function directoryIdAt(node: SimNode, path: string): string | null {
  const found = node.machine.disk.filesIn(path).find(({ name }) => name === "meta.properties");
  const text = found === undefined ? "" : Buffer.from(found.file.current.view()).toString();
  return /^directory\.id=(.+)$/m.exec(text)?.[1] ?? null;
}
