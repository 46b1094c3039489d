// shell: the logs of all log directories of a broker as replication wants them: found or made by topic id,
// deleted, and their high watermarks kept. A new log goes to the directory with the fewest.

import type { Uuid } from "../base/uuid.ts";
import type { LogDirectory } from "../cluster/log/log-directory.ts";
import { LogDamagedError } from "../cluster/log/recovery.ts";
import type { LogConfig } from "../cluster/log/replica-log.ts";
import type {
  HighWatermarkCheckpoint,
  HighWatermarkEntry,
  OpenedLog,
  PartitionId,
  ReplicaLogs,
} from "../cluster/replication/replication-ports.ts";
import { BrokerError } from "../proto/errors.ts";

/** Raft's own log stands in a log directory too; it is no replica of any topic. */
export const metadataTopic = "__cluster_metadata";

interface Place {
  readonly id: PartitionId;
  readonly directory: LogDirectory;
}

export class BrokerLogs implements ReplicaLogs, HighWatermarkCheckpoint {
  readonly #directories: readonly LogDirectory[];
  readonly #configOf: (topicName: string) => LogConfig;
  readonly #places = new Map<string, Place>();

  constructor(directories: readonly LogDirectory[], configOf: (topicName: string) => LogConfig) {
    this.#directories = directories;
    this.#configOf = configOf;
    for (const directory of directories) {
      for (const { topicName, topicId, partition } of directory.found) {
        if (topicName === metadataTopic) continue;
        const id = { topicName, topicId, partition };
        this.#places.set(keyOf(id), { id, directory });
      }
    }
  }

  /**
   * Opens and recovers every log there is. Those that are damaged are set aside: the directories they were in
   * cannot vouch for their replicas, and must say so when the broker registers.
   */
  recoverAll(): Uuid[] {
    const unclean = new Set<Uuid>();
    for (const { id, directory } of [...this.#places.values()]) {
      try {
        directory.openLog(id, id.topicId, this.#configOf(id.topicName));
      } catch (error) {
        if (error instanceof LogDamagedError) {
          directory.setAside(id);
          this.#places.delete(keyOf(id));
        } else if (!(error instanceof BrokerError)) throw error;
        unclean.add(directory.identity.directoryId);
      }
    }
    return [...unclean];
  }

  /** Settings of topics, or their defaults, are others now. */
  configsChanged(): void {
    for (const { id, directory } of this.#places.values())
      directory.opened(id)?.setConfig(this.#configOf(id.topicName));
  }

  list(): readonly PartitionId[] {
    return [...this.#places.values()].map(({ id }) => id);
  }

  openOrCreate(id: PartitionId): OpenedLog {
    const { directory } = this.#places.get(keyOf(id)) ?? this.#place(id);
    const config = this.#configOf(id.topicName);
    const log = directory.openLog(id, id.topicId, config);
    // It may have been opened before this process knew what its topic overrides.
    log.setConfig(config);
    return { log, directoryId: directory.identity.directoryId };
  }

  #place(id: PartitionId): Place {
    // A topic of the same name that was deleted while this broker was down leaves its folder in the way.
    for (const other of [...this.#places.values()]) {
      if (other.id.topicName === id.topicName && other.id.partition === id.partition) this.delete(other.id);
    }
    const usable = this.#directories.filter(({ failure }) => failure === null);
    if (usable.length === 0)
      throw new BrokerError("KAFKA_STORAGE_ERROR", "every log directory of this broker has failed");
    const counts = new Map(usable.map((directory) => [directory, 0]));
    for (const { directory } of this.#places.values())
      counts.set(directory, (counts.get(directory) ?? 0) + 1);
    const directory = usable.reduce((best, one) => (counts.get(one)! < counts.get(best)! ? one : best));
    const place = { id, directory };
    this.#places.set(keyOf(id), place);
    return place;
  }

  delete(id: PartitionId): void {
    const place = this.#places.get(keyOf(id));
    if (!place) return;
    this.#places.delete(keyOf(id));
    place.directory.deleteLog(id);
  }

  load(topicId: string, partition: number): number {
    const place = this.#places.get(`${topicId}:${partition}`);
    return place ? place.directory.highWatermark(place.id) : 0;
  }

  async store(changed: readonly HighWatermarkEntry[], _removed: readonly PartitionId[]): Promise<void> {
    const touched = new Set<LogDirectory>();
    for (const { topicId, partition, highWatermark } of changed) {
      const place = this.#places.get(`${topicId}:${partition}`);
      if (!place) continue;
      place.directory.setHighWatermark(place.id, highWatermark);
      touched.add(place.directory);
    }
    for (const directory of touched) if (directory.failure === null) await directory.writeCheckpoints();
  }
}

function keyOf(id: { topicId: string; partition: number }): string {
  return `${id.topicId}:${id.partition}`;
}
