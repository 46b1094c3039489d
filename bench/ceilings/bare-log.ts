// adapter: one file a partition, appended to synchronously and never synced: what flush policy `os` costs a
// program that does nothing else.
import { openSync, writeSync } from "node:fs";
import { join } from "node:path";

export class BareLog {
  readonly #folder: string;
  readonly #files = new Map<number, number>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  append(partition: number, bytes: Uint8Array): void {
    let file = this.#files.get(partition);
    if (file === undefined) {
      file = openSync(join(this.#folder, `partition-${partition}.log`), "a");
      this.#files.set(partition, file);
    }
    writeSync(file, bytes);
  }
}
