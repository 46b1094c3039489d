// adapter: the machine and the end of the process.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { uptime } from "node:os";
import type { Host } from "../ports/env.ts";

/** The exit code of a process that stopped itself (sysexits: internal software error). */
export const haltExitCode = 70;

let known: string | null = null;

/** Changes with each start of the machine. In a container it is the host's, whose page cache it is. */
export function bootId(): string {
  known ??= readBootId();
  return known;
}

export function realHost(beforeExit: (reason: string) => void): Host {
  return {
    get bootId() {
      return bootId();
    },
    halt: (reason) => {
      try {
        beforeExit(reason);
      } finally {
        process.exit(haltExitCode);
      }
    },
  };
}

function readBootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    // Not Linux.
  }
  if (process.platform === "darwin") {
    try {
      const output = execFileSync("/usr/sbin/sysctl", ["-n", "kern.bootsessionuuid"], { encoding: "utf8" });
      if (output.trim() !== "") return output.trim();
    } catch {
      // An old macOS.
    }
  }
  // Errs to the safe side: a clock that was set in between looks like another boot.
  return `up-since-${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
}
