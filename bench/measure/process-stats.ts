// adapter: CPU time and memory of other processes, from /proc.
import { readFileSync } from "node:fs";

const ticksPerSecond = 100;

/** User and system time so far, in seconds; 0 when the process is gone. */
export function cpuSecondsOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name stands in parentheses and may hold blanks; user and system time are fields 14 and
    // 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  } catch {
    return 0;
  }
}

export function cpuSecondsOfAll(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
}

/** Resident memory in MiB; 0 when the process is gone. */
export function residentMiBOf(pid: number): number {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kib === undefined ? 0 : Math.round(Number(kib) / 1_024);
  } catch {
    return 0;
  }
}
