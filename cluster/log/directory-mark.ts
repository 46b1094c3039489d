// shell: the mark by which a log directory tells the next process how it was left: stopped in order, or open,
// and in which boot of the machine it was last in use.
//
//   clean  BOOT    everything is on disk as the checkpoints say
//   open   BOOT    a process has it, or died with it; what was not synced is there if the machine still runs
//
// Only a process whose registration the controller has taken writes "open" with its own boot over an older
// mark: one that dies before that leaves the old one, and the next process finds again what it has to tell.
import { isDiskFull } from "../../base/disk-error.ts";
import type { Env } from "../../base/ports/env.ts";
import { readWholeFile, replaceFile } from "./atomic-file.ts";

const fileName = ".clean-shutdown";

export class DirectoryMark {
  /** A clean stop: nothing needs to be checked. */
  readonly wasClean: boolean;
  /** The machine has not restarted since: what the last process wrote is in the page cache. */
  readonly sameBoot: boolean;
  readonly #env: Pick<Env, "disk" | "host">;
  readonly #path: string;

  constructor(env: Pick<Env, "disk" | "host">, path: string) {
    this.#env = env;
    this.#path = path;
    const bytes = readWholeFile(env.disk, `${path}/${fileName}`);
    const [state, boot] = (bytes === null ? "" : Buffer.from(bytes).toString("utf8")).split("\n");
    this.wasClean = state === "clean";
    this.sameBoot = boot === env.host.bootId;
  }

  /**
   * A clean stop is over: from now on a crash must not look like one. Without room for another mark there is
   * none, which says the least of all.
   */
  async takeBack(): Promise<void> {
    try {
      await this.write("open");
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      this.#env.disk.remove(`${this.#path}/${fileName}`);
      await this.#env.disk.syncDirectory(this.#path);
    }
  }

  write(state: "open" | "clean"): Promise<void> {
    const text = `${state}\n${this.#env.host.bootId}`;
    return replaceFile(this.#env.disk, this.#path, fileName, Buffer.from(text));
  }
}
