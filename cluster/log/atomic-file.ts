// shell: a small file that is replaced as a whole: written beside it, synced, renamed over it, the folder
// synced. A reader sees the old content or the new one, whatever happens in between.
import { isDiskFull } from "../../base/disk-error.ts";
import type { Disk, DiskFile } from "../../base/ports/disk.ts";

export async function replaceFile(
  disk: Disk,
  folder: string,
  name: string,
  content: Uint8Array,
): Promise<void> {
  const temporary = `${folder}/${name}.tmp`;
  const file = disk.open(temporary, { create: true });
  try {
    file.truncate(0);
    file.writeAt([content], 0);
    await file.sync();
  } finally {
    file.close();
  }
  await disk.replace(temporary, `${folder}/${name}`);
  await disk.syncDirectory(folder);
}

/**
 * A file that can be done without: open, and not synced yet. Null, and no file, when the disk has no room for
 * it.
 */
export function writeNewFile(disk: Disk, path: string, content: Uint8Array): DiskFile | null {
  let file: DiskFile | null = null;
  try {
    file = disk.open(path, { create: true });
    file.truncate(content.length);
    file.writeAt([content], 0);
    return file;
  } catch (error) {
    file?.close();
    if (!isDiskFull(error)) throw error;
    if (disk.exists(path)) disk.remove(path);
    return null;
  }
}

/** Null when there is none. */
export function readWholeFile(disk: Disk, path: string): Uint8Array | null {
  if (!disk.exists(path)) return null;
  const file = disk.open(path, { create: false });
  try {
    const bytes = new Uint8Array(file.size());
    const have = file.readAt(bytes, 0);
    return bytes.subarray(0, have);
  } finally {
    file.close();
  }
}
