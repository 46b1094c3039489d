// core: the names of the folders of one log directory where the file system does not tell upper from lower
// case (macOS and Windows by default): there two topics that differ by case alone would share a folder.

export class FolderNames {
  readonly #byFolded = new Map<string, string>();

  /** The folder that already has this name but for its case; null: there is none. */
  twinOf(name: string): string | null {
    const taken = this.#byFolded.get(name.toLowerCase()) ?? name;
    return taken === name ? null : taken;
  }

  take(name: string): void {
    const folded = name.toLowerCase();
    if (!this.#byFolded.has(folded)) this.#byFolded.set(folded, name);
  }

  free(name: string): void {
    const folded = name.toLowerCase();
    if (this.#byFolded.get(folded) === name) this.#byFolded.delete(folded);
  }
}
