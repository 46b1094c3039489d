// shell: what of one log is not on stable storage yet, and how it gets there: bytes of segments, files beside
// them, log start, cuts of leader epochs, names.
//
// Keeps true: the file of a segment that is the log's no more goes only once the start that dropped it lasts;
// what a full disk kept from being written down stays to be done.
import { isDiskFull } from "../../base/disk-error.ts";
import type { DiskFile } from "../../base/ports/disk.ts";
import type { LogFolder } from "./log-folder.ts";
import type { Segment } from "./segment.ts";

export class Unsynced {
  start = false;
  epochs = false;
  names = true;
  readonly #folder: LogFolder;
  /** They stay open until their sync answered. */
  #segments = new Set<Segment>();
  /** Files of segments that are the log's no more, and how long they stay once that lasts. */
  #doomed: { path: string; delayMs: number }[] = [];

  constructor(folder: LogFolder) {
    this.#folder = folder;
    // What a crashed process left in the page cache may not be on disk yet.
    if (folder.isClean || !folder.isMade) return;
    for (const segment of folder.unsynced) this.written(segment);
    this.epochs = true;
  }

  written(segment: Segment): void {
    if (this.#segments.has(segment)) return;
    this.#segments.add(segment);
    segment.pin();
  }

  /** It was removed, and is waited for no more. */
  forget(segment: Segment): void {
    this.#segments.delete(segment);
  }

  /** Their files go with the next sync, after the log start. */
  doom(segments: readonly Segment[], newStart: number, delayMs: number): void {
    this.start = true;
    for (const segment of segments) {
      this.forget(segment);
      this.#doomed.push({ path: segment.doom(newStart), delayMs });
    }
  }

  /**
   * All that was so when it was called is on stable storage when it resolves with true. False: the disk is
   * full, and what stands beside the segments could not be written.
   */
  async sync(isClosed: () => boolean): Promise<boolean> {
    if (!this.#folder.isMade) return true;
    const segments = [...this.#segments];
    this.#segments.clear();
    const sidecars = this.#folder.takeSidecars();
    const { start, epochs, names } = this;
    const doomed = this.#doomed;
    this.#doomed = [];
    this.start = false;
    this.epochs = false;
    this.names = false;
    const changes = start || epochs || doomed.length > 0;
    try {
      const files: DiskFile[] = [...segments.map(({ file }) => file), ...sidecars];
      const syncs = files.map((file) => file.sync());
      // At once: file systems bring all that waits to the disk together.
      if (names && !changes) syncs.push(this.#folder.syncNames());
      await Promise.all(syncs);
    } finally {
      for (const segment of segments) segment.unpin();
      for (const file of sidecars) file.close();
    }
    try {
      if (start && !isClosed()) await this.#folder.writeCheckpoints();
      if (epochs && !isClosed()) await this.#folder.writeEpochs();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.start ||= start;
      this.epochs ||= epochs;
      this.names ||= names;
      this.#doomed.unshift(...doomed);
      return false;
    }
    if (isClosed() || !changes) return true;
    for (const { path, delayMs } of doomed) this.#folder.removeLater(path, delayMs);
    if (names || doomed.length > 0) await this.#folder.syncNames();
    return true;
  }
}
