// shell: the logs of all log directories of a broker as replication wants them: found or made by topic id,
// deleted, and their high watermarks kept. A new log goes to the directory with the fewest.
//
// Keeps true: a replica has one log here, that of the directory which the metadata names. A second one can be
// found at a start, when a directory was away for some time and its replicas were copied to another: it is
// old, and goes as soon as the metadata has said which one counts. What a directory holds that has failed
// stays in it: a replica that leaves it begins anew in another.

import type { Uuid } from "../base/uuid.ts";
import { DiskFullError } from "../cluster/log/disk-full.ts";
import type { LogDirectory } from "../cluster/log/log-directory.ts";
import type { PartitionLog } from "../cluster/log/partition-log.ts";
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

export interface BrokerLogsOptions {
  readonly directories: readonly LogDirectory[];
  readonly configOf: (topicName: string) => LogConfig;
  /** A replica has its place; its log was opened there, unless the directory has failed. */
  readonly onOpened: (id: PartitionId) => void;
}

export class BrokerLogs implements ReplicaLogs, HighWatermarkCheckpoint {
  readonly #directories: readonly LogDirectory[];
  readonly #configOf: (topicName: string) => LogConfig;
  readonly #onOpened: (id: PartitionId) => void;
  /** By topic id and partition; more than one only until `openOrCreate`. */
  readonly #places = new Map<string, Place[]>();
  /** The same by the name of the folder. */
  readonly #byFolder = new Map<string, Set<Place>>();
  readonly #counts = new Map<LogDirectory, number>();

  constructor(options: BrokerLogsOptions) {
    const { directories, configOf, onOpened } = options;
    this.#directories = directories;
    this.#configOf = configOf;
    this.#onOpened = onOpened;
    for (const directory of directories) {
      for (const { topicName, topicId, partition } of directory.found) {
        if (topicName === metadataTopic) continue;
        this.#note({ id: { topicName, topicId, partition }, directory });
      }
    }
  }

  *#all(): Generator<Place> {
    for (const places of this.#places.values()) yield* places;
  }

  /**
   * Opens and recovers every log there is. Those that are damaged are set aside: the directories they were in
   * cannot vouch for their replicas, and must say so when the broker registers.
   */
  recoverAll(): Uuid[] {
    const unclean = new Set<Uuid>();
    for (const directory of this.#directories) directory.damaged.setAsideNameless(metadataTopic);
    for (const place of [...this.#all()]) {
      const { id, directory } = place;
      if (directory.damaged.setAsideIfMarked(folderOf(id))) {
        this.#forget(place);
        unclean.add(directory.identity.directoryId);
        continue;
      }
      try {
        directory.openLog(id, id.topicId, this.#configOf(id.topicName));
      } catch (error) {
        // What is in it is as it was; it is opened once there is room.
        if (error instanceof DiskFullError) continue;
        if (error instanceof LogDamagedError) {
          directory.setAside(id);
          this.#forget(place);
        } else if (!(error instanceof BrokerError)) throw error;
        unclean.add(directory.identity.directoryId);
      }
    }
    return [...unclean];
  }

  #note(place: Place): void {
    const key = keyOf(place.id);
    const known = this.#places.get(key);
    if (known === undefined) this.#places.set(key, [place]);
    else known.push(place);
    const folder = folderOf(place.id);
    const there = this.#byFolder.get(folder) ?? new Set();
    this.#byFolder.set(folder, there.add(place));
    this.#count(place, 1);
  }

  #forget(place: Place): void {
    const key = keyOf(place.id);
    const known = this.#places.get(key) ?? [];
    if (!known.includes(place)) return;
    const left = known.filter((one) => one !== place);
    if (left.length === 0) this.#places.delete(key);
    else this.#places.set(key, left);
    const folder = folderOf(place.id);
    this.#byFolder.get(folder)?.delete(place);
    if (this.#byFolder.get(folder)?.size === 0) this.#byFolder.delete(folder);
    this.#count(place, -1);
  }

  #count({ directory }: Place, by: number): void {
    this.#counts.set(directory, (this.#counts.get(directory) ?? 0) + by);
  }

  /** Settings of topics, or their defaults, are others now. */
  configsChanged(): void {
    for (const { id, directory } of this.#all())
      directory.opened(id)?.setConfig(this.#configOf(id.topicName));
  }

  /** Those that are open, of whatever role. */
  *opened(): Generator<{ topicName: string; log: PartitionLog }> {
    for (const { id, directory } of this.#all()) {
      const log = directory.failure === null ? directory.opened(id) : undefined;
      if (log !== undefined) yield { topicName: id.topicName, log };
    }
  }

  list(): readonly PartitionId[] {
    return [...this.#places.values()].map(([first]) => first!.id);
  }

  /** The directory of a replica's log; null when it has none, or it is not known yet which one counts. */
  placeOf(topicId: Uuid, partition: number): Uuid | null {
    const places = this.#places.get(keyOf({ topicId, partition }));
    return places?.length === 1 ? places[0]!.directory.identity.directoryId : null;
  }

  openOrCreate(id: PartitionId, assigned: Uuid): OpenedLog {
    const { directory } = this.#choose(id, assigned) ?? this.#place(id, assigned);
    this.#onOpened(id);
    const config = this.#configOf(id.topicName);
    const log = directory.openLog(id, id.topicId, config);
    // It may have been opened before this process knew what its topic overrides.
    log.setConfig(config);
    return { log, directoryId: directory.identity.directoryId };
  }

  /** The log that counts, of those there are; the others go. */
  #choose(id: PartitionId, assigned: Uuid): Place | null {
    const places = this.#places.get(keyOf(id)) ?? [];
    const isOpen = this.#directories.some(({ identity }) => identity.directoryId === assigned);
    // Where the metadata names none, or one that is gone, this replica is in no in-sync set: any will do.
    const chosen = isOpen
      ? places.find(({ directory }) => directory.identity.directoryId === assigned)
      : places[0];
    for (const place of places) if (place !== chosen) this.#delete(place);
    return chosen ?? null;
  }

  #place(id: PartitionId, assigned: Uuid): Place {
    // A topic of the same name that was deleted while this broker was down leaves its folder in the way.
    for (const other of [...(this.#byFolder.get(folderOf(id)) ?? [])]) this.#delete(other);
    const isNamed = ({ identity, failure }: LogDirectory): boolean =>
      identity.directoryId === assigned && failure === null;
    const named = this.#directories.find(isNamed);
    const place = { id, directory: named ?? this.#emptiest() };
    this.#note(place);
    return place;
  }

  #emptiest(): LogDirectory {
    const usable = this.#directories.filter(({ failure }) => failure === null);
    if (usable.length === 0)
      throw new BrokerError("KAFKA_STORAGE_ERROR", "every log directory of this broker has failed");
    const count = (directory: LogDirectory): number => this.#counts.get(directory) ?? 0;
    return usable.reduce((best, one) => (count(one) < count(best) ? one : best));
  }

  leave(id: PartitionId, directoryId: Uuid): void {
    for (const place of this.#places.get(keyOf(id)) ?? [])
      if (place.directory.identity.directoryId === directoryId) this.#forget(place);
  }

  delete(id: PartitionId): void {
    for (const place of this.#places.get(keyOf(id)) ?? []) this.#delete(place);
  }

  #delete(place: Place): void {
    this.#forget(place);
    place.directory.deleteLog(place.id);
  }

  load(topicId: string, partition: number): number {
    const place = this.#places.get(keyOf({ topicId, partition }))?.[0];
    return place ? place.directory.highWatermark(place.id) : 0;
  }

  async store(changed: readonly HighWatermarkEntry[], _removed: readonly PartitionId[]): Promise<void> {
    const touched = new Set<LogDirectory>();
    for (const { topicId, partition, highWatermark } of changed) {
      const place = this.#places.get(keyOf({ topicId, partition }))?.[0];
      if (!place) continue;
      place.directory.setHighWatermark(place.id, highWatermark);
      touched.add(place.directory);
    }
    for (const directory of touched) if (directory.failure === null) await directory.writeCheckpoints();
  }
}

function folderOf({ topicName, partition }: PartitionId): string {
  return `${topicName}-${partition}`;
}

function keyOf({ topicId, partition }: { topicId: string; partition: number }): string {
  return `${topicId}:${partition}`;
}
