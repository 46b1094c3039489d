// shell: what a log directory can say for its logs, and whether the controller knows what it cannot: logs
// that were set aside as damaged, and the mark of how it was left. The signs go only once the controller
// knows; a process that dies before that leaves them to the next.
import { DiskError, isDiskFull } from "../../base/disk-error.ts";
import type { Clock } from "../../base/ports/clock.ts";
import type { Disk } from "../../base/ports/disk.ts";
import type { Host } from "../../base/ports/env.ts";
import { DirectoryMark } from "./directory-mark.ts";
import { damagedSuffix, setAsideSuffix } from "./found-logs.ts";

export class DirectoryVouching {
  readonly #clock: Clock;
  readonly #disk: Disk;
  readonly #mark: DirectoryMark;
  /** Folders of damaged logs that the controller does not know of. */
  readonly #untold: string[];
  readonly #onFailed: (error: DiskError) => void;
  /** The controller knows what this directory cannot vouch for: a clean stop may say it is in order. */
  #isTold = false;

  constructor(options: {
    env: { clock: Clock; disk: Disk; host: Host };
    path: string;
    damaged: string[];
    onFailed(error: DiskError): void;
  }) {
    this.#clock = options.env.clock;
    this.#disk = options.env.disk;
    this.#mark = new DirectoryMark(options.env, options.path);
    this.#untold = options.damaged;
    this.#onFailed = options.onFailed.bind(options);
  }

  /** Logs were set aside, by this process or one before it, that the controller does not know of. */
  get hasUntoldDamage(): boolean {
    return this.#untold.length > 0;
  }

  /** The last stop was in order: everything in the folder is as it was left. */
  get wasClean(): boolean {
    return this.#mark.wasClean;
  }

  /** The machine has not restarted since a process had the folder: its page cache is still there. */
  get sameBoot(): boolean {
    return this.#mark.sameBoot;
  }

  get isTold(): boolean {
    return this.#isTold;
  }

  setAside(folder: string): void {
    this.#untold.push(folder);
  }

  /**
   * An older mark stays until the controller knows what this directory cannot vouch for; a clean one goes.
   */
  async begin(): Promise<void> {
    if (this.wasClean) await this.#mark.takeBack();
  }

  /** The controller has taken this directory's replicas out of the in-sync sets where it could not vouch. */
  async told(): Promise<void> {
    this.#isTold = true;
    try {
      for (const path of this.#untold.splice(0))
        this.#disk.rename(path, path.replace(damagedSuffix, setAsideSuffix));
      await this.#mark.write("open");
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      // The older mark says less than is so: that is safe, and the next process asks again.
      // Nobody waits for this promise: what comes of it must not end in a rejection of it.
      if (!isDiskFull(error)) this.#clock.endOfTurn(() => this.#onFailed(error));
    }
  }

  async markClean(): Promise<void> {
    if (this.#isTold || this.wasClean) await this.#mark.write("clean");
  }
}
