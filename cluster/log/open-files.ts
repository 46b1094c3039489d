// core: which segment files of one log directory are open, least recently used first. Over the bound the
// file that was longest unused is let go; it is opened again when somebody reads it.
//
// Files that are written or wait for a sync are not in here: a descriptor must stay open until its sync
// answered, since the error of a failed write-back is told to open descriptors only.

export interface OpenFile {
  /** Close the file; the next use opens it again. */
  letGo(): void;
}

export class OpenFiles {
  readonly #max: number;
  /** In order of use, the latest last. */
  readonly #idle = new Set<OpenFile>();

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#idle.size;
  }

  used(file: OpenFile): void {
    this.#idle.delete(file);
    this.#idle.add(file);
    if (this.#idle.size <= this.#max) return;
    for (const oldest of this.#idle) {
      this.#idle.delete(oldest);
      oldest.letGo();
      return;
    }
  }

  forget(file: OpenFile): void {
    this.#idle.delete(file);
  }
}
