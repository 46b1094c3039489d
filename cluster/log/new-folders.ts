// shell: folders of new logs that do not last yet: their metadata files, and their names. Synced together,
// since each sync of the directory covers all names in it.
import type { Disk, DiskFile } from "../../base/ports/disk.ts";
import type { Uuid } from "../../base/uuid.ts";
import { writeNewFile } from "./atomic-file.ts";

export class NewFolders {
  readonly #disk: Disk;
  readonly #path: string;
  #files: DiskFile[] = [];
  #synced: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  /** Makes a folder, or what a crash left out of it. False: there is no room for it. */
  make(path: string, topicId: Uuid): boolean {
    this.#disk.makeDirectory(path);
    const name = `${path}/partition.metadata`;
    const content = Buffer.from(`version: 0\ntopic_id: ${topicId}\n`);
    const isThere = this.#disk.exists(name);
    const file = isThere ? this.#disk.open(name, { create: false }) : writeNewFile(this.#disk, name, content);
    if (file === null) return false;
    if (isThere) file.writeAt([content], 0);
    this.#files.push(file);
    return true;
  }

  /** The folders made so far last, and what is in their metadata files, once it resolves. */
  async sync(): Promise<void> {
    if (this.#files.length > 0) {
      const files = this.#files;
      this.#files = [];
      const content = files.map((file) => file.sync().finally(() => file.close()));
      this.#synced = Promise.all([this.#synced, this.#disk.syncDirectory(this.#path), ...content]);
    }
    await this.#synced;
  }
}
