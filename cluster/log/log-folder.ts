// shell: what stands beside the segments of one log: topic id, epochs, producer snapshots; and the way to its
// directory.
import type { DiskError } from "../../base/disk-error.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Uuid } from "../../base/uuid.ts";
import { batch } from "../../proto/batch/header.ts";
import type { BrokerError } from "../../proto/errors.ts";
import { readWholeFile, replaceFile } from "./atomic-file.ts";
import { EpochCache } from "./epoch-cache.ts";
import { ProducerState } from "./producer-state.ts";
import { type RecoveredTail, recoverSegments } from "./recovery.ts";
import type { LogConfig } from "./replica-log.ts";
import { Segment, segmentName } from "./segment.ts";
import type { SyncRounds } from "./sync-rounds.ts";

export type LogEnv = Pick<Env, "clock" | "disk" | "codecs" | "log" | "metrics">;

const epochFile = "leader-epoch-checkpoint";
const snapshotsKept = 3;

/** What a log needs of the directory it lives in. */
export interface LogHome {
  readonly env: LogEnv;
  readonly rounds: SyncRounds;
  /** Throws BrokerError KAFKA_STORAGE_ERROR once the directory has failed. */
  checkUsable(): void;
  /** The error to throw; the directory has failed from now on, unless only the disk is full. */
  failed(error: DiskError): BrokerError;
  /** The folders made so far last, and what is in their metadata files. */
  syncNewFolders(): Promise<void>;
  noteStart(folder: LogFolder, offset: number): void;
}

export interface FolderOptions {
  home: LogHome;
  path: string;
  name: string;
  topicId: Uuid;
  config: LogConfig;
  isClean: boolean;
  recoveryPoint: number;
  startOffset: number;
}

export class LogFolder {
  readonly path: string;
  readonly name: string;
  readonly topicId: Uuid;
  readonly segments: Segment[];
  readonly tail: RecoveredTail;
  readonly isClean: boolean;
  readonly recoveryPoint: number;
  epochs: EpochCache;
  producers = new ProducerState();
  startOffset: number;
  readonly #home: LogHome;

  constructor(options: FolderOptions) {
    this.#home = options.home;
    this.path = options.path;
    this.name = options.name;
    this.topicId = options.topicId;
    this.isClean = options.isClean;
    this.recoveryPoint = options.recoveryPoint;
    const { disk, codecs } = this.env;
    // Every batch is looked at below, and says its epoch: the file is for those who inspect the folder.
    this.epochs = new EpochCache();
    const recovered = recoverSegments({
      disk,
      codecs,
      folder: this.path,
      indexIntervalBytes: options.config.indexIntervalBytes,
      recoveryPoint: options.recoveryPoint,
      isClean: options.isClean,
      onBatch: (bytes, at) => this.epochs.assign(batch.leaderEpoch(bytes, at), batch.baseOffset(bytes, at)),
    });
    this.tail = recovered.tail;
    this.segments = recovered.segments;
    if (this.segments.length === 0)
      this.segments.push(this.newSegment(options.startOffset, options.config.indexIntervalBytes));
    this.startOffset = Math.min(
      Math.max(options.startOffset, this.segments[0]!.baseOffset),
      this.segments.at(-1)!.end,
    );
    this.epochs.cutStart(this.startOffset);
    this.rebuildProducers(this.segments);
  }

  get env(): LogEnv {
    return this.#home.env;
  }

  get rounds(): SyncRounds {
    return this.#home.rounds;
  }

  checkUsable(): void {
    this.#home.checkUsable();
  }

  failed(error: DiskError): BrokerError {
    return this.#home.failed(error);
  }

  setStart(offset: number): void {
    this.startOffset = offset;
    this.#home.noteStart(this, offset);
  }

  newSegment(baseOffset: number, indexIntervalBytes: number): Segment {
    const segment = new Segment({ disk: this.env.disk, folder: this.path, baseOffset, indexIntervalBytes });
    segment.file.truncate(0);
    return segment;
  }

  async writeEpochs(): Promise<void> {
    await replaceFile(this.env.disk, this.path, epochFile, Buffer.from(this.epochs.toText()));
  }

  async syncNames(): Promise<void> {
    await this.#home.syncNewFolders();
    await this.env.disk.syncDirectory(this.path);
  }

  /** Written without a sync: a snapshot that is damaged or missing is made again from the batches. */
  writeProducerSnapshot(offset: number): void {
    const { disk, codecs } = this.env;
    const file = disk.open(`${this.path}/${segmentName(offset)}.snapshot`, { create: true });
    const bytes = this.producers.toBytes((part) => codecs.crc32c(part));
    file.truncate(bytes.length);
    file.writeAt([bytes], 0);
    file.close();
    for (const old of this.#snapshots().slice(0, -snapshotsKept))
      disk.remove(`${this.path}/${segmentName(old)}.snapshot`);
  }

  #snapshots(): number[] {
    return this.env.disk
      .list(this.path)
      .filter((name) => /^\d{20}\.snapshot$/.test(name))
      .map((name) => Number(name.slice(0, 20)));
  }

  /** The newest snapshot that is not ahead of the log, and every batch after it. */
  rebuildProducers(segments: readonly Segment[]): void {
    const { disk, codecs, clock } = this.env;
    const end = segments.at(-1)!.end;
    const nowMs = clock.wallMs();
    this.producers = new ProducerState();
    let from = this.startOffset;
    for (const offset of this.#snapshots().reverse()) {
      if (offset > end) {
        disk.remove(`${this.path}/${segmentName(offset)}.snapshot`);
        continue;
      }
      const bytes = readWholeFile(disk, `${this.path}/${segmentName(offset)}.snapshot`);
      const state = bytes && ProducerState.fromBytes(bytes, nowMs, (part) => codecs.crc32c(part));
      if (!state) continue;
      this.producers = state;
      from = Math.max(from, offset);
      break;
    }
    for (const segment of segments) {
      if (segment.end <= from) continue;
      for (const { bytes, at } of segment.headers(segment.positionOf(from)))
        this.producers.append(bytes, at, nowMs);
    }
  }

  /** For a log that starts anew: no epochs, no producers. */
  forgetAll(): void {
    this.epochs = new EpochCache();
    this.producers = new ProducerState();
    for (const offset of this.#snapshots())
      this.env.disk.remove(`${this.path}/${segmentName(offset)}.snapshot`);
  }
}
