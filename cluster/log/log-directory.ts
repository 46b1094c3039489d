// shell: one log.dir: its lock and identity, all its logs, fsync rounds, checkpoints, the mark of a clean
// stop, and the end of it when the disk fails: after the first failed write or sync nothing of this directory
// is served or acknowledged any more.
import type { DiskError } from "../../base/disk-error.ts";
import { limits } from "../../base/limits.ts";
import type { Timer } from "../../base/ports/clock.ts";
import type { Disk, DiskFile, DiskLock } from "../../base/ports/disk.ts";
import type { Host } from "../../base/ports/env.ts";
import type { Random } from "../../base/ports/random.ts";
import { randomUuid, type Uuid } from "../../base/uuid.ts";
import { BrokerError } from "../../proto/errors.ts";
import type { PartitionKey } from "./checkpoint.ts";
import { DirectoryMark } from "./directory-mark.ts";
import { DirectoryOffsets } from "./directory-offsets.ts";
import { FolderRemoval } from "./folder-removal.ts";
import { damagedSuffix, deletedSuffix, type FoundLog, findLogs, setAsideSuffix } from "./found-logs.ts";
import { checkIdentity, type DirectoryIdentity, readIdentity, writeIdentity } from "./identity-file.ts";
import { type FolderOptions, type LogEnv, LogFolder, type LogHome } from "./log-folder.ts";
import { OpenFiles } from "./open-files.ts";
import { PartitionLog } from "./partition-log.ts";
import { LogDamagedError, type RecoveredTail } from "./recovery.ts";
import type { LogConfig } from "./replica-log.ts";
import { SyncRounds } from "./sync-rounds.ts";

const checkpointEveryMs = 1_000;

export interface DirectoryOptions {
  env: LogEnv & { random: Random; host: Host };
  path: string;
  /** Null: whatever the folder says, or a new one. */
  clusterId: string | null;
  nodeId: number;
  onFailed: (reason: string) => void;
  /** Default: limits.segmentFilesOpenMax. */
  segmentFilesOpenMax?: number;
}

export class LogDirectory implements LogHome {
  readonly env: DirectoryOptions["env"];
  readonly path: string;
  readonly identity: DirectoryIdentity;
  readonly rounds: SyncRounds;
  readonly openFiles: OpenFiles;
  readonly found: readonly FoundLog[];
  readonly #lock: DiskLock;
  readonly #onFailed: (reason: string) => void;
  #logs = new Map<string, PartitionLog>();
  readonly #offsets: DirectoryOffsets;
  #writing: Promise<void> = Promise.resolve();
  /** Metadata files of folders that do not last yet. */
  #newFiles: DiskFile[] = [];
  #foldersSynced: Promise<void> = Promise.resolve();
  #timer: Timer | null = null;
  #failure: string | null = null;
  #closed = false;
  /** Folders of damaged logs that the controller does not know of. */
  readonly #untold: string[];
  readonly #mark: DirectoryMark;
  /** The controller knows what this directory cannot vouch for: a clean stop may say it is in order. */
  #isTold = false;
  /** Of folders of deleted logs; what a stop leaves of them goes at the next start. */
  readonly #removal: FolderRemoval;

  private constructor(
    options: DirectoryOptions,
    lock: DiskLock,
    identity: DirectoryIdentity,
    mark: DirectoryMark,
  ) {
    this.env = options.env;
    this.path = options.path;
    this.identity = identity;
    this.#lock = lock;
    this.#onFailed = options.onFailed;
    this.#mark = mark;
    const fsyncMs = options.env.metrics.histogram(
      "ottla_log_fsync_ms",
      "Time of one fsync round, ms",
      [1, 2, 5, 10, 20, 50, 100, 500],
    );
    this.rounds = new SyncRounds({
      clock: options.env.clock,
      onFailed: (error) => this.fail(`fsync failed: ${textOf(error)}`),
      onRound: (ms) => fsyncMs.observe(ms),
    });
    this.#removal = new FolderRemoval(options.env, (error) => {
      if (!isDiskError(error)) throw error;
      this.failed(error);
    });
    this.openFiles = new OpenFiles(options.segmentFilesOpenMax ?? limits.segmentFilesOpenMax);
    this.#offsets = new DirectoryOffsets(options.env, options.path);
    const { logs, damaged } = findLogs(options.env.disk, options.path);
    this.found = logs;
    for (const one of logs) this.#offsets.owned(nameOf(one), one.topicId);
    this.#untold = damaged;
  }

  /** Locks the folder and makes it this node's, or throws ForeignDirectoryError, or DiskError ELOCKED. */
  static async open(options: DirectoryOptions): Promise<LogDirectory> {
    const { env, path } = options;
    const { disk } = env;
    disk.makeDirectory(path);
    await syncParents(disk, path);
    const lock = disk.lock(path);
    try {
      // What an earlier process renamed or made here is relied on from now on, so it must last.
      await disk.syncDirectory(path);
      let identity = readIdentity(disk, path);
      if (identity === null) {
        identity = {
          clusterId: options.clusterId ?? randomUuid(env.random),
          nodeId: options.nodeId,
          directoryId: randomUuid(env.random),
        };
        await writeIdentity(disk, path, identity);
      }
      checkIdentity(path, identity, options);
      const directory = new LogDirectory(options, lock, identity, new DirectoryMark(env, path));
      // An older mark stays until the controller knows what this directory cannot vouch for: see `told`.
      if (directory.wasClean) await directory.#mark.write("open");
      directory.#tick();
      return directory;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Logs were set aside, by this process or one before it, that the controller does not know of. */
  get hasUntoldDamage(): boolean {
    return this.#untold.length > 0;
  }

  /**
   * The controller has taken this directory's replicas out of the in-sync sets where it could not vouch for
   * them. Only now the signs of it may go: a process that dies before that must leave them to the next.
   */
  told(): void {
    if (this.#isTold || this.#failure !== null || this.#closed) return;
    this.#isTold = true;
    this.#writing = this.#writing.then(async () => {
      try {
        for (const path of this.#untold.splice(0))
          this.env.disk.rename(path, path.replace(damagedSuffix, setAsideSuffix));
        await this.#mark.write("open");
      } catch (error) {
        if (!isDiskError(error)) throw error;
        this.failed(error);
      }
    });
  }

  /** The last stop was in order: everything in the folder is as it was left. */
  get wasClean(): boolean {
    return this.#mark.wasClean;
  }

  /** The machine has not restarted since a process had the folder: its page cache is still there. */
  get sameBoot(): boolean {
    return this.#mark.sameBoot;
  }

  get failure(): string | null {
    return this.#failure;
  }

  /** Opens a log, and makes it if it is not there. Throws LogDamagedError when it must not be served. */
  openLog(key: PartitionKey, topicId: Uuid, config: LogConfig): PartitionLog {
    this.checkUsable();
    const name = nameOf(key);
    const known = this.#logs.get(name);
    if (known) return known;
    const path = `${this.path}/${name}`;
    const { disk } = this.env;
    try {
      // After a crash the file may not last: it is made again as it was.
      if (!this.wasClean || !disk.exists(`${path}/partition.metadata`)) this.#make(path, topicId);
      this.#offsets.owned(name, topicId);
      const log = this.#open({ path, name, topicId, config });
      this.#logs.set(name, log);
      log.requestSync();
      return log;
    } catch (error) {
      if (isDiskError(error)) throw this.failed(error);
      if (error instanceof LogDamagedError) {
        const { offset, file, position, what } = error;
        this.env.metrics.counter("ottla_log_damaged_total", "Logs found damaged at recovery").add(1);
        this.env.log.error({ log: name, file, position, offset, what }, error.message);
      }
      throw error;
    }
  }

  #make(path: string, topicId: Uuid): void {
    const { disk } = this.env;
    disk.makeDirectory(path);
    const file = disk.open(`${path}/partition.metadata`, { create: true });
    file.writeAt([Buffer.from(`version: 0\ntopic_id: ${topicId}\n`)], 0);
    this.#newFiles.push(file);
  }

  #open(options: Pick<FolderOptions, "path" | "name" | "topicId" | "config">): PartitionLog {
    const folder = new LogFolder({
      home: this,
      ...options,
      isClean: this.wasClean,
      recoveryPoint: this.#offsets.get("recovery", options.name),
      startOffset: this.#offsets.get("start", options.name),
    });
    if (folder.tail.cutAt >= 0) this.#countTail(options.name, folder.tail);
    const log = new PartitionLog(folder, options.config);
    log.noteCommitted(Math.max(folder.recoveryPoint, this.#offsets.get("highWatermark", options.name)));
    return log;
  }

  #countTail(log: string, tail: RecoveredTail): void {
    const { metrics } = this.env;
    metrics.counter("ottla_log_torn_tails_total", "Torn tails cut at recovery").add(1);
    metrics.counter("ottla_log_torn_bytes_total", "Bytes of torn tails cut at recovery").add(tail.cutBytes);
    metrics
      .counter("ottla_log_torn_batches_total", "Batches of torn tails cut at recovery, as far as seen")
      .add(tail.cutBatches);
    this.env.log.warn({ log, ...tail }, "cut a torn tail at recovery");
  }

  /**
   * A damaged log is kept, out of the way, for those who want to look at it; a new one can be made in its
   * place.
   */
  setAside(key: PartitionKey): void {
    const name = nameOf(key);
    this.#offsets.forget(name);
    const away = `${this.path}/${name}.${randomUuid(this.env.random)}${damagedSuffix}`;
    try {
      this.env.disk.rename(`${this.path}/${name}`, away);
      this.#untold.push(away);
      this.env.log.error({ log: name, keptAs: away }, "set a damaged log aside; its replica is copied anew");
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.failed(error);
    }
  }

  /** Forgets the log and removes its folder; what a crash leaves of it goes at the next start. */
  deleteLog(key: PartitionKey): void {
    const name = nameOf(key);
    const log = this.#logs.get(name);
    if (log) {
      log.abandon();
      this.rounds.forget(log);
      this.#logs.delete(name);
    }
    this.#offsets.forget(name);
    const path = `${this.path}/${name}`;
    try {
      if (!this.env.disk.exists(path)) return;
      const away = `${path}.${randomUuid(this.env.random)}${deletedSuffix}`;
      this.env.disk.rename(path, away);
      this.#removal.add(away);
    } catch (error) {
      if (!isDiskError(error)) throw error;
      this.failed(error);
    }
  }

  highWatermark(key: PartitionKey): number {
    return this.#offsets.get("highWatermark", nameOf(key));
  }

  setHighWatermark(key: PartitionKey, highWatermark: number): void {
    this.#offsets.set("highWatermark", nameOf(key), highWatermark);
    this.#logs.get(nameOf(key))?.noteCommitted(highWatermark);
  }

  noteStart({ name }: LogFolder, offset: number): void {
    this.#offsets.set("start", name, offset);
  }

  noteCut({ name }: LogFolder, end: number): void {
    if (this.#offsets.get("recovery", name) <= end) return;
    this.#offsets.set("recovery", name, end);
    this.checkpointSoon();
  }

  /** Writes high watermarks, recovery points and log starts down, if any of them changed. */
  writeCheckpoints(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeOffsets());
    return this.#writing;
  }

  checkpointSoon(): void {
    this.writeCheckpoints().catch((error) => this.fail(`checkpoint failed: ${textOf(error)}`));
  }

  async #writeOffsets(): Promise<void> {
    if (this.#failure !== null) return;
    for (const [name, { recoveryPoint }] of this.#logs) {
      if (recoveryPoint > this.#offsets.get("recovery", name))
        this.#offsets.set("recovery", name, recoveryPoint);
    }
    await this.#offsets.write();
  }

  checkUsable(): void {
    if (this.#failure !== null) {
      throw new BrokerError("KAFKA_STORAGE_ERROR", `log directory ${this.path} has failed: ${this.#failure}`);
    }
  }

  failed(error: DiskError): BrokerError {
    if (error.code === "ENOSPC") {
      return new BrokerError("KAFKA_STORAGE_ERROR", `the disk of ${this.path} is full; nothing was written`);
    }
    this.fail(error.message);
    return new BrokerError("KAFKA_STORAGE_ERROR", `log directory ${this.path} has failed: ${error.message}`);
  }

  fail(reason: string): void {
    if (this.#failure !== null) return;
    this.#failure = reason;
    this.rounds.fail();
    this.#removal.stop();
    this.#timer?.cancel();
    this.env.log.error({ directory: this.path, reason }, "log directory failed; it is not used any more");
    this.#onFailed(reason);
  }

  async syncNewFolders(): Promise<void> {
    if (this.#newFiles.length > 0) {
      const files = this.#newFiles;
      this.#newFiles = [];
      this.#foldersSynced = (async () => {
        await this.#foldersSynced;
        for (const file of files) {
          await file.sync();
          file.close();
        }
        await this.env.disk.syncDirectory(this.path);
      })();
    }
    await this.#foldersSynced;
  }

  /** A clean stop: everything synced, snapshots and checkpoints written, the mark set. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#closed = true;
    this.#removal.stop();
    await this.rounds.idle();
    await this.#writing;
    if (this.#failure === null) {
      for (const log of this.#logs.values()) await log.close();
      await this.syncNewFolders();
      await this.writeCheckpoints();
      if (this.#isTold || this.wasClean) await this.#mark.write("clean");
    }
    this.#lock.release();
  }

  #tick(): void {
    this.#timer = this.env.clock.after(checkpointEveryMs, () => {
      this.writeCheckpoints().then(
        () => this.#failure === null && this.#tick(),
        (error) => this.fail(`checkpoint failed: ${textOf(error)}`),
      );
    });
  }
}

/** The folder itself must last, and those above it, which may have been made with it. */
async function syncParents(disk: Disk, path: string): Promise<void> {
  for (let at = path.lastIndexOf("/"); at >= 0; at = path.lastIndexOf("/", at - 1)) {
    await disk.syncDirectory(path.slice(0, at) || "/");
    if (at === 0) return;
  }
}

function nameOf(key: PartitionKey): string {
  return `${key.topicName}-${key.partition}`;
}

function isDiskError(error: unknown): error is DiskError {
  return error instanceof Error && error.name === "DiskError";
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
