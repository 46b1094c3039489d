// shell: one log.dir: its lock and identity, all its logs, fsync rounds, checkpoints, the mark of a clean
// stop, and the end of it when the disk fails: after the first failed write or sync nothing of this directory
// is served or acknowledged any more.
import { DiskError, isDiskFull } from "../../base/disk-error.ts";
import { limits } from "../../base/limits.ts";
import type { Timer } from "../../base/ports/clock.ts";
import type { DiskLock } from "../../base/ports/disk.ts";
import type { Host } from "../../base/ports/env.ts";
import type { Random } from "../../base/ports/random.ts";
import { randomUuid, type Uuid } from "../../base/uuid.ts";
import { BrokerError } from "../../proto/errors.ts";
import type { PartitionKey } from "./checkpoint.ts";
import { DamagedLogs } from "./damaged-logs.ts";
import { DirectoryHealth } from "./directory-health.ts";
import { DirectoryOffsets } from "./directory-offsets.ts";
import { type TakenDirectory, takeDirectory } from "./directory-opening.ts";
import { DirectoryVouching } from "./directory-vouching.ts";
import type { DiskFullError } from "./disk-full.ts";
import { DiskRoom, freeBytes } from "./disk-room.ts";
import { FolderNames } from "./folder-names.ts";
import { FolderRemoval } from "./folder-removal.ts";
import { deletedSuffix, type FoundLog, findLogs } from "./found-logs.ts";
import { HotBytes } from "./hot-bytes.ts";
import type { DirectoryIdentity } from "./identity-file.ts";
import { type FolderOptions, type LogEnv, LogFolder, type LogHome } from "./log-folder.ts";
import { NewFolders } from "./new-folders.ts";
import { OpenFiles } from "./open-files.ts";
import { PartitionLog } from "./partition-log.ts";
import { LogDamagedError } from "./recovery.ts";
import { raiseRecoveryPoints } from "./recovery-points.ts";
import type { LogConfig } from "./replica-log.ts";
import { SlowSyncs } from "./slow-syncs.ts";
import { type Syncable, SyncRounds } from "./sync-rounds.ts";
import { countTornTail } from "./torn-tail.ts";

const checkpointEveryMs = 1_000;
const syncAgainMs = 200;

export interface DirectoryOptions {
  env: LogEnv & { random: Random; host: Host };
  path: string;
  /** Null: whatever the folder says, or a new one. */
  clusterId: string | null;
  nodeId: number;
  onFailed: (reason: string) => void;
  /** Default: limits.segmentFilesOpenMax. */
  segmentFilesOpenMax?: number;
  /** Bytes of the disk that records leave free; none by default. */
  reserveBytes?: number;
}

export class LogDirectory implements LogHome {
  readonly env: DirectoryOptions["env"];
  readonly path: string;
  readonly identity: DirectoryIdentity;
  readonly rounds: SyncRounds;
  readonly openFiles: OpenFiles;
  readonly hotBytes = new HotBytes({ bytes: limits.hotBytesPerDirectory });
  readonly room: DiskRoom;
  readonly found: readonly FoundLog[];
  readonly damaged: DamagedLogs;
  readonly #lock: DiskLock;
  readonly #health: DirectoryHealth;
  #logs = new Map<string, PartitionLog>();
  readonly #names = new FolderNames();
  readonly offsets: DirectoryOffsets;
  #writing: Promise<void> = Promise.resolve();
  readonly #newFolders: NewFolders;
  #timer: Timer | null = null;
  #closed = false;
  readonly #vouching: DirectoryVouching;
  /** Of folders of deleted logs; what a stop leaves of them goes at the next start. */
  readonly #removal: FolderRemoval;

  private constructor(options: DirectoryOptions, { lock, identity }: TakenDirectory) {
    this.env = options.env;
    this.path = options.path;
    this.identity = identity;
    this.#lock = lock;
    const { log, metrics, clock, disk } = options.env;
    const { path } = options;
    this.#health = new DirectoryHealth({
      ...{ path, log, metrics, nowMs: () => clock.monotonicMs() },
      onFailed: (reason) => this.#failed(reason, options.onFailed),
    });
    this.room = new DiskRoom({
      freeBytes: () => freeBytes(disk, path),
      nowMs: () => clock.monotonicMs(),
      reserveBytes: options.reserveBytes ?? 0,
    });
    const fsyncMs = metrics.histogram(
      "kafka_log_logflushstats_logflushrateandtimems",
      "Time of one fsync round, ms",
      [1, 2, 5, 10, 20, 50, 100, 500],
    );
    this.#newFolders = new NewFolders(options.env.disk, path);
    this.rounds = new SyncRounds({
      clock,
      onFailed: (error) => this.fail(`fsync failed: ${textOf(error)}`),
      onRound: (ms) => fsyncMs.observe(ms),
      slow: new SlowSyncs({ clock, log, path }),
    });
    this.#removal = new FolderRemoval(options.env, (error) => this.#noteFailed(error));
    this.openFiles = new OpenFiles(options.segmentFilesOpenMax ?? limits.segmentFilesOpenMax);
    this.offsets = new DirectoryOffsets(options.env, path);
    const { logs, damaged, nameless } = findLogs(disk, path);
    this.found = logs;
    for (const one of logs) this.offsets.owned(nameOf(one), one.topicId);
    this.#vouching = new DirectoryVouching({
      ...{ env: options.env, path, damaged },
      onFailed: (error) => void this.failed(error),
    });
    this.damaged = new DamagedLogs({
      ...{ env: options.env, path, nameless, offsets: this.offsets, vouching: this.#vouching },
      onFailed: (error) => void this.failed(error),
    });
  }

  /** Locks the folder and makes it this node's, or throws ForeignDirectoryError, or DiskError ELOCKED. */
  static async open(options: DirectoryOptions): Promise<LogDirectory> {
    const { env, path } = options;
    const taken = await takeDirectory(env, path, options);
    try {
      const directory = new LogDirectory(options, taken);
      await directory.#vouching.begin();
      directory.#tick();
      return directory;
    } catch (error) {
      taken.lock.release();
      throw error;
    }
  }

  /** Logs were set aside, by this process or one before it, that the controller does not know of. */
  get hasUntoldDamage(): boolean {
    return this.#vouching.hasUntoldDamage;
  }

  /**
   * The controller has taken this directory's replicas out of the in-sync sets where it could not vouch for
   * them.
   */
  told(): void {
    if (this.#vouching.isTold || this.failure !== null || this.#closed) return;
    this.#writing = this.#writing.then(() => this.#vouching.told());
  }

  get wasClean(): boolean {
    return this.#vouching.wasClean;
  }

  get sameBoot(): boolean {
    return this.#vouching.sameBoot;
  }

  /** Null: it works. */
  get failure(): string | null {
    return this.#health.failure;
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
      const twin = this.#names.twinOf(name);
      if (twin !== null) this.#checkCase(name, twin);
      this.offsets.owned(name, topicId);
      const isMade = config.isMadeLate !== true || twin !== null || this.#knows(name);
      // After a crash the file in it may not last: it is made again as it was.
      if (isMade && (!this.wasClean || !disk.exists(`${path}/partition.metadata`)))
        this.makeFolder({ path, topicId });
      const log = this.#open({ path, name, topicId, config, isMade });
      this.#logs.set(name, log);
      this.#names.take(name);
      if (isMade) log.requestSync();
      return log;
    } catch (error) {
      if (isDiskFull(error)) throw this.full(error.message);
      if (error instanceof DiskError) throw this.failed(error);
      if (error instanceof LogDamagedError) this.damaged.foundAtRecovery(name, error);
      throw error;
    }
  }

  /** Something of a log of this name is, or was, on the disk. */
  #knows(name: string): boolean {
    return this.offsets.has(name) || this.env.disk.exists(`${this.path}/${name}`);
  }

  makeFolder({ path, topicId }: Pick<LogFolder, "path" | "topicId">): void {
    if (!this.#newFolders.make(path, topicId)) throw this.full(`no room for ${path}`);
  }

  #checkCase(name: string, twin: string): void {
    const { disk } = this.env;
    // Whether they are one folder shows only once there is a folder.
    this.#logs.get(twin)?.folder.make();
    if (!disk.exists(`${this.path}/${name}`) || disk.list(this.path).includes(name)) return;
    const text =
      `the file system of ${this.path} does not tell "${name}" from "${twin}", a log of another topic: ` +
      "name the topic otherwise, or use a file system that does";
    throw new BrokerError("KAFKA_STORAGE_ERROR", text);
  }

  opened(key: PartitionKey): PartitionLog | undefined {
    return this.#logs.get(nameOf(key));
  }

  #open(options: Pick<FolderOptions, "path" | "name" | "topicId" | "config" | "isMade">): PartitionLog {
    const folder = new LogFolder({
      home: this,
      ...options,
      isClean: this.wasClean,
      recoveryPoint: this.offsets.get("recovery", options.name),
      startOffset: this.offsets.get("start", options.name),
    });
    if (folder.tail.cutAt >= 0) countTornTail(this.env, options.name, folder.tail);
    const log = new PartitionLog(folder, options.config);
    log.noteCommitted(Math.max(folder.recoveryPoint, this.offsets.get("highWatermark", options.name)));
    return log;
  }

  /** The log is kept out of the way; a new one can be made in its place. */
  setAside(key: PartitionKey): void {
    this.damaged.setAside(nameOf(key));
  }

  /** A disk that gives back other bytes than it was given has failed. */
  readDamage({ path }: LogFolder, what: string): void {
    this.damaged.foundByRead(path);
    this.fail(what);
  }

  /** Forgets the log and removes its folder; what a crash leaves of it goes at the next start. */
  deleteLog(key: PartitionKey): void {
    const name = nameOf(key);
    const log = this.#logs.get(name);
    if (log) {
      log.abandon();
      this.rounds.forget(log);
      this.#logs.delete(name);
      this.#names.free(name);
    }
    this.offsets.forget(name);
    const path = `${this.path}/${name}`;
    try {
      if (!this.env.disk.exists(path)) return;
      const away = `${path}.${randomUuid(this.env.random)}${deletedSuffix}`;
      this.env.disk.rename(path, away);
      this.#removal.add(away);
    } catch (error) {
      this.#noteFailed(error);
    }
  }

  #noteFailed(error: unknown): void {
    if (!(error instanceof DiskError)) throw error;
    this.failed(error);
  }

  highWatermark(key: PartitionKey): number {
    return this.offsets.get("highWatermark", nameOf(key));
  }

  setHighWatermark(key: PartitionKey, highWatermark: number): void {
    this.offsets.set("highWatermark", nameOf(key), highWatermark);
    this.#logs.get(nameOf(key))?.noteCommitted(highWatermark);
  }

  noteCut({ name }: LogFolder, end: number): boolean {
    if (!this.offsets.cut(name, end)) return false;
    this.checkpointSoon();
    return true;
  }

  /**
   * Writes high watermarks, recovery points and log starts down, if any of them changed. Rejects with the
   * error of a full disk; they are written with the next call then.
   */
  writeCheckpoints(): Promise<void> {
    const written = this.#writing.then(() => this.#writeOffsets());
    this.#writing = written.catch(() => {});
    return written;
  }

  checkpointSoon(): void {
    this.writeCheckpoints().catch((error) => this.#checkpointFailed(error));
  }

  #checkpointFailed(error: unknown): void {
    if (isDiskFull(error)) this.full(error.message);
    else this.fail(`checkpoint failed: ${textOf(error)}`);
  }

  async #writeOffsets(): Promise<void> {
    if (this.failure !== null) return;
    await raiseRecoveryPoints(this.#logs, this.offsets);
    await this.offsets.write();
  }

  checkUsable(): void {
    this.#health.check();
  }

  failed(error: DiskError): BrokerError {
    return this.#health.failed(error);
  }

  full(what: string): DiskFullError {
    return this.#health.full(what);
  }

  fail(reason: string): void {
    this.#health.fail(reason);
  }

  #failed(reason: string, tell: (reason: string) => void): void {
    this.rounds.fail();
    this.#removal.stop();
    this.#timer?.cancel();
    tell(reason);
  }

  syncLater(log: Syncable): void {
    this.env.clock.after(syncAgainMs, () => {
      if (!this.#closed) this.rounds.request(log);
    });
  }

  syncNewFolders(): Promise<void> {
    return this.#newFolders.sync();
  }

  /**
   * A clean stop: everything synced, snapshots and checkpoints written, the mark set. A disk that fails on
   * the way has no clean end, and holds up nobody else's.
   */
  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#closed = true;
    this.#removal.stop();
    await this.rounds.idle();
    await this.#writing;
    if (this.failure === null) await this.#unlessItFails(() => this.#closeClean());
    // The lock of a process that is gone is taken over: it can stay where it cannot be removed.
    await this.#unlessItFails(async () => this.#lock.release());
  }

  async #unlessItFails(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof DiskError) this.fail(error.message);
      else if (this.failure === null) throw error;
    }
  }

  /** On a full disk there may be no clean end: the next start then reads more, and loses nothing. */
  async #closeClean(): Promise<void> {
    for (const log of this.#logs.values()) await log.close();
    try {
      await this.syncNewFolders();
      await this.writeCheckpoints();
      const isWhole = [...this.#logs.values()].every((log) => log.isClosedWhole);
      if (isWhole) await this.#vouching.markClean();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.full(error.message);
    }
  }

  #tick(): void {
    this.#timer = this.env.clock.after(checkpointEveryMs, () => {
      const next = (): void => void (this.failure === null && !this.#closed && this.#tick());
      this.writeCheckpoints().then(next, (error) => {
        this.#checkpointFailed(error);
        next();
      });
    });
  }
}

function nameOf(key: PartitionKey): string {
  return `${key.topicName}-${key.partition}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
