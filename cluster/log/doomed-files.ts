// shell: segment files that are the log's no more since its start moved: renamed at once, removed only when
// the new start is on disk. A crash in between finds them under either name and knows what to do by the start
// that lasted: files that went before it would leave a hole that looks like damage.
//
//   00000000000000000300.log.00000000000000001000.deleted     it began at 300; the start moved to 1000
import type { Disk } from "../../base/ports/disk.ts";

/** What is written for a segment, until it is put in the place of those it was made of. */
export const cleanedSuffix = ".cleaned";

const livePattern = /^(\d{20})\.log$/;
const pattern = /^(\d{20})\.log\.(\d{20})\.deleted$/;

export function digits(offset: number): string {
  return String(offset).padStart(20, "0");
}

/** Answers the path that the file has now. */
export function doomFile(disk: Disk, path: string, start: number): string {
  const doomed = `${path}.${digits(start)}.deleted`;
  disk.rename(path, doomed);
  return doomed;
}

/**
 * At a start: goes through with the removals whose new start lasted, or whose log began anew there, and takes
 * the others back. Answers where the log starts.
 */
export function settleDoomedFiles(disk: Disk, folder: string, startOffset: number): number {
  const names = disk.list(folder);
  const bases = names.map((name) => livePattern.exec(name)?.[1]).filter((base) => base !== undefined);
  const first = Math.min(...bases.map(Number));
  let startNow = startOffset;
  for (const name of names) {
    // Nothing counts on it.
    if (name.endsWith(cleanedSuffix)) disk.remove(`${folder}/${name}`);
    const [, base, start] = pattern.exec(name) ?? [];
    if (base === undefined) continue;
    const moved = Number(start);
    const lasted = startOffset === moved || (startOffset > moved && moved > Number(base));
    // What is in the new file may be all that this replica has of what it confirmed.
    const beganAnew = first === moved;
    if (lasted || beganAnew) disk.remove(`${folder}/${name}`);
    else disk.rename(`${folder}/${name}`, `${folder}/${base}.log`);
    if (beganAnew) startNow = Math.max(startNow, moved);
  }
  return startNow;
}
