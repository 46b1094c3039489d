// adapter: a folder held by one process, through a lock file that names its holder. The file of a holder that
// is gone is set aside; a holder counts as the same process only with the same start time, so that a
// recycled process id (1 in every container) does not lock a folder for ever.
//
// It does not see across process namespaces: two containers that share a volume must not share a folder.
import { linkSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DiskError } from "../disk-error.ts";
import type { DiskLock } from "../ports/disk.ts";
import { attempt } from "./disk-trouble.ts";
import { bootId } from "./host.ts";

const lockName = ".lock";

/** Folders that this process holds. */
const held = new Set<string>();
let counter = 0;

export function lockFolder(path: string): DiskLock {
  const folder = resolve(path);
  const file = join(folder, lockName);
  if (held.has(folder)) throw locked(path);
  return attempt(path, "lock", () => {
    const mine = `${process.pid} ${processStart(process.pid) ?? "-"} ${bootId()}\n`;
    for (let round = 0; round < 3; round++) {
      if (claim(file, mine)) {
        held.add(folder);
        return { release: () => release(folder, file, mine) };
      }
      const holder = read(file);
      if (holder !== null && isAlive(holder)) throw locked(path);
      if (holder !== null) setAside(file, holder);
    }
    throw locked(path);
  });
}

/** The file appears with its content, or not at all: a link fails if the name is taken. */
function claim(file: string, content: string): boolean {
  const draft = `${file}.${process.pid}.${counter++}`;
  writeFileSync(draft, content);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Another process may do the same at once, and take the lock in between: then it gets its file back. */
function setAside(file: string, expected: string): void {
  const aside = `${file}.stale.${process.pid}.${counter++}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (read(aside) !== expected) claim(file, read(aside) ?? "");
  unlinkSync(aside);
}

function release(folder: string, file: string, mine: string): void {
  if (!held.delete(folder)) return;
  if (read(file) === mine) unlinkSync(file);
}

function isAlive(holder: string): boolean {
  const [pidText, start, boot] = holder.trim().split(" ");
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid <= 0 || boot !== bootId()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const present = processStart(pid);
  // Without start times only the process id tells, and our own is not a holder: we'd know.
  return present === null ? pid !== process.pid : present === start;
}

/** When the process began, in ticks since boot (proc(5), field 22); null where there is no /proc. */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function locked(path: string): DiskError {
  return new DiskError({ code: "ELOCKED", path, doing: "lock" });
}
