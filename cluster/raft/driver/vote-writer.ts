// shell: writes hard states one after the other; of several that wait only the last is written, since it says
// all the others say.
import type { HardState } from "../core/words.ts";
import type { VoteFile } from "./vote-file.ts";

export class VoteWriter {
  private readonly file: VoteFile;
  private readonly onWritten: (number: number) => void;
  private readonly onFailed: (error: unknown) => void;
  private waiting: { number: number; hardState: HardState } | null = null;
  private running: Promise<void> | null = null;

  constructor(options: {
    file: VoteFile;
    onWritten: (number: number) => void;
    onFailed: (error: unknown) => void;
  }) {
    this.file = options.file;
    this.onWritten = options.onWritten;
    this.onFailed = options.onFailed;
  }

  write(number: number, hardState: HardState): void {
    this.waiting = { number, hardState };
    this.running ??= this.run();
  }

  /** Resolves once nothing is being written. */
  async idle(): Promise<void> {
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (this.waiting !== null) {
        const { number, hardState } = this.waiting;
        this.waiting = null;
        await this.file.write(hardState);
        this.onWritten(number);
      }
    } catch (error) {
      this.onFailed(error);
    } finally {
      this.running = null;
    }
  }
}
