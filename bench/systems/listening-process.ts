// adapter: which process listens on a port of this machine, from /proc.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const listening = "0A";

/** Null when nothing listens there, or it is another user's. */
export function listeningProcess(port: number): number | null {
  const inodes = new Set(["tcp", "tcp6"].flatMap((table) => inodesOf(table, port)));
  if (inodes.size === 0) return null;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (descriptorsOf(pid).some((target) => inodes.has(target))) return Number(pid);
  }
  return null;
}

function inodesOf(table: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  return read(`/proc/net/${table}`)
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${wanted}`) && fields[3] === listening)
    .map((fields) => `socket:[${fields[9]}]`);
}

function descriptorsOf(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return "";
      }
    });
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
