// shell: removes folders one a turn of the clock, so that a deleted topic with many partitions holds up
// nothing.
import type { Clock } from "../../base/ports/clock.ts";
import type { Disk } from "../../base/ports/disk.ts";

const pauseMs = 2;

export class FolderRemoval {
  readonly #env: { readonly clock: Clock; readonly disk: Disk };
  readonly #onFailed: (error: unknown) => void;
  #folders: string[] = [];
  #isOver = false;

  constructor(env: { readonly clock: Clock; readonly disk: Disk }, onFailed: (error: unknown) => void) {
    this.#env = env;
    this.#onFailed = onFailed;
  }

  add(folder: string): void {
    this.#folders.push(folder);
    if (this.#folders.length === 1) this.#env.clock.after(pauseMs, () => this.#next());
  }

  /** Removes no more. */
  stop(): void {
    this.#isOver = true;
  }

  #next(): void {
    const [first] = this.#folders;
    if (first === undefined || this.#isOver) return;
    try {
      this.#env.disk.removeTree(first);
    } catch (error) {
      this.#onFailed(error);
    }
    this.#folders.shift();
    if (this.#folders.length > 0) this.#env.clock.after(pauseMs, () => this.#next());
  }
}
