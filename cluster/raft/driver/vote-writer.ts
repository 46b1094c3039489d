// shell: writes hard states one after the other; of several that wait only the last is written, since it says
// all the others say. On a full disk it tries again: what waits for the vote waits on, and is never said
// without it.
import { isDiskFull } from "../../../base/disk-error.ts";
import type { Clock } from "../../../base/ports/clock.ts";
import type { HardState } from "../core/words.ts";
import type { VoteFile } from "./vote-file.ts";

const againAfterMs = 100;

export class VoteWriter {
  private readonly file: VoteFile;
  private readonly clock: Clock;
  private readonly onWritten: (number: number) => void;
  private readonly onFailed: (error: unknown) => void;
  private waiting: { number: number; hardState: HardState } | null = null;
  private running: Promise<void> | null = null;
  private isClosed = false;

  constructor(options: {
    file: VoteFile;
    clock: Clock;
    onWritten: (number: number) => void;
    onFailed: (error: unknown) => void;
  }) {
    this.file = options.file;
    this.clock = options.clock;
    this.onWritten = options.onWritten;
    this.onFailed = options.onFailed;
  }

  write(number: number, hardState: HardState): void {
    this.waiting = { number, hardState };
    this.running ??= this.run();
  }

  /** Resolves once nothing is being written; what a full disk does not take is not waited for. */
  async idle(): Promise<void> {
    this.isClosed = true;
    await this.running;
  }

  /** False: the disk is full, and some time has passed. */
  private async isWritten(hardState: HardState): Promise<boolean> {
    try {
      await this.file.write(hardState);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await new Promise<void>((resolve) => void this.clock.after(againAfterMs, resolve));
      return false;
    }
  }

  private async run(): Promise<void> {
    try {
      while (this.waiting !== null) {
        const { number, hardState } = this.waiting;
        this.waiting = null;
        if (await this.isWritten(hardState)) this.onWritten(number);
        else if (this.isClosed) return;
        else this.waiting ??= { number, hardState };
      }
    } catch (error) {
      this.onFailed(error);
    } finally {
      this.running = null;
    }
  }
}
