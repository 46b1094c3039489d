// test: runs seeds in child processes, some at a time, and gathers their outcomes. A child that dies or
// hangs is an outcome too: that of the seed it was at.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Outcome } from "./outcome.ts";
import type { FailureKind } from "./violation.ts";

const chunkSeeds = 10;
/** Real time for one seed, ms: many times what the slowest takes. */
const seedTimeoutMs = 120_000;

export interface RunnerOptions {
  seeds: readonly string[];
  jobs: number;
  /** Another tree's child.ts: with a planted bug in it. */
  child?: string;
  onOutcome?: (outcome: Outcome) => void;
  /** True: no further seeds are begun. */
  isEnough?: () => boolean;
}

export const childPath = fileURLToPath(new URL("child.ts", import.meta.url));

export async function runSeeds(options: RunnerOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const waiting = [...options.seeds];
  const worker = async (): Promise<void> => {
    while (waiting.length > 0 && options.isEnough?.() !== true) {
      let chunk = waiting.splice(
        0,
        Math.max(1, Math.min(chunkSeeds, Math.ceil(waiting.length / options.jobs))),
      );
      while (chunk.length > 0) {
        const done = await runChunk(chunk, options);
        outcomes.push(...done);
        chunk = chunk.slice(done.length);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, options.jobs) }, worker));
  return outcomes;
}

/** Answers at least one outcome; fewer than seeds when the child died. */
function runChunk(seeds: readonly string[], options: RunnerOptions): Promise<Outcome[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [options.child ?? childPath, "run", ...seeds], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const outcomes: Outcome[] = [];
    let errors = "";
    let isHanging = false;
    const hang = (): void => {
      isHanging = true;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(hang, seedTimeoutMs);
    child.stderr.on("data", (chunk: Buffer) => {
      errors = `${errors}${chunk}`.slice(-4_000);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const outcome = JSON.parse(line) as Outcome;
      outcomes.push(outcome);
      options.onOutcome?.(outcome);
      clearTimeout(timer);
      timer = setTimeout(hang, seedTimeoutMs);
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const seed = seeds[outcomes.length];
      if (seed !== undefined) {
        const died = isHanging
          ? `no end within ${seedTimeoutMs} ms of real time`
          : `exit code ${code}\n${errors}`;
        const outcome = lostOutcome(seed, isHanging ? "stuck" : "crash", died);
        outcomes.push(outcome);
        options.onOutcome?.(outcome);
      }
      resolve(outcomes);
    });
  });
}

function lostOutcome(seed: string, kind: FailureKind, message: string): Outcome {
  const invariant = "node: no process ends by itself";
  const failure = {
    kind,
    invariant,
    message: `the simulation died: ${message}`,
    phase: "",
    timeMs: 0,
    log: "",
  } as const;
  return { seed, failure, trace: "", virtualMs: 0, counts: {}, checks: {} };
}
