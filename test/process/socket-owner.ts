// test: which process holds the local end of a connection, as Linux says in /proc. Elsewhere nobody is known.
import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * The one of `processes` (party by process id) that connected from local port `from` to port `to`; else 0.
 */
export function socketOwner(processes: ReadonlyMap<number, number>, from: number, to: number): number {
  const inode = existsSync("/proc/net/tcp") ? inodeOf(from, to) : null;
  if (inode === null) return 0;
  for (const [pid, party] of processes) if (holds(pid, `socket:[${inode}]`)) return party;
  return 0;
}

function inodeOf(from: number, to: number): string | null {
  const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");
  for (const line of readFileSync("/proc/net/tcp", "utf8").split("\n")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(`:${hex(from)}`) && columns[2]?.endsWith(`:${hex(to)}`))
      return columns[9] ?? null;
  }
  return null;
}

function holds(pid: number, name: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${descriptor}`) === name;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}
