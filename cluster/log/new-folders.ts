// shell: folders of new logs that do not last yet: their metadata files, and their names. Synced together,
// since each sync of the directory covers all names in it.
import type { Disk, DiskFile } from "../../base/ports/disk.ts";

export class NewFolders {
  readonly #disk: Disk;
  readonly #path: string;
  #files: DiskFile[] = [];
  #synced: Promise<void> = Promise.resolve();

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  add(metadataFile: DiskFile): void {
    this.#files.push(metadataFile);
  }

  /** The folders made so far last, and what is in their metadata files, once it resolves. */
  async sync(): Promise<void> {
    if (this.#files.length > 0) {
      const files = this.#files;
      this.#files = [];
      const before = this.#synced;
      this.#synced = (async () => {
        await before;
        for (const file of files) {
          await file.sync();
          file.close();
        }
        await this.#disk.syncDirectory(this.#path);
      })();
    }
    await this.#synced;
  }
}
