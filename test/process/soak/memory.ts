// test: memory after garbage collection, of broker processes that load heap-signal.ts and of this one.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Bytes held by JavaScript and by its buffers. Null when the process did not answer in time. */
export async function brokerMemory(folder: string, pid: number): Promise<number | null> {
  const file = join(folder, `heap-${pid}.json`);
  rmSync(file, { force: true });
  try {
    process.kill(pid, "SIGUSR2");
  } catch {
    return null;
  }
  for (let tries = 0; tries < 100; tries++) {
    await wait(50);
    if (!existsSync(file)) continue;
    const { heapUsed, external } = JSON.parse(readFileSync(file, "utf8"));
    rmSync(file, { force: true });
    return heapUsed + external;
  }
  return null;
}

let collect: (() => void) | null = null;

export async function ownMemory(): Promise<number> {
  if (collect === null) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
  await wait(50);
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What a process held over time. */
export class MemorySeries {
  readonly #samples: { atMs: number; bytes: number }[] = [];

  add(atMs: number, bytes: number | null): void {
    if (bytes !== null) this.#samples.push({ atMs, bytes });
  }

  get last(): number | null {
    return this.#samples.at(-1)?.bytes ?? null;
  }

  /**
   * From the three samples after `fromMs` to the last three, by their medians: one sample says what was in
   * flight just then. Null when there are not six.
   */
  growthFrom(fromMs: number): number | null {
    const later = this.#samples.filter(({ atMs }) => atMs >= fromMs).map(({ bytes }) => bytes);
    if (later.length < 6) return null;
    return median(later.slice(-3)) - median(later.slice(0, 3));
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
