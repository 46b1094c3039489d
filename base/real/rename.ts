// adapter: renaming. Elsewhere one call does; on Windows a name cannot be taken or given up while some
// process (a virus scanner, a backup, an indexer) holds the file open, which passes within milliseconds:
// there it is tried again for a while before it counts as failed.
import { rename, renameSync } from "node:fs";
import { attempt, diskError } from "./disk-trouble.ts";

const heldCodes: ReadonlySet<unknown> = new Set(["EPERM", "EACCES", "EBUSY"]);
const tryAgainMs = 10;
const triesMax = 200;

export interface Renaming {
  rename(from: string, to: string): void;
  /** The same, on the thread pool: it may wait for the file system's journal. */
  replace(from: string, to: string): Promise<void>;
}

/** `system` is replaced by tests. */
export function renaming(
  system: {
    readonly platform: string;
    readonly renameSync: (from: string, to: string) => void;
    readonly rename: (from: string, to: string, done: (error: Error | null) => void) => void;
  } = { platform: process.platform, renameSync, rename },
): Renaming {
  const isHeld = (error: unknown): boolean =>
    system.platform === "win32" && heldCodes.has((error as { code?: unknown } | null)?.code);
  return {
    rename: (from, to) =>
      attempt(from, `rename to ${to}`, () => {
        for (let tries = 1; ; tries++) {
          try {
            system.renameSync(from, to);
            return;
          } catch (error) {
            if (!isHeld(error) || tries === triesMax) throw error;
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, tryAgainMs);
          }
        }
      }),
    replace: (from, to) =>
      new Promise((resolve, reject) => {
        let tries = 0;
        const go = (): void =>
          system.rename(from, to, (error) => {
            if (error === null) resolve();
            else if (isHeld(error) && ++tries < triesMax) setTimeout(go, tryAgainMs);
            else reject(diskError(error, from, `rename to ${to}`));
          });
        go();
      }),
  };
}
