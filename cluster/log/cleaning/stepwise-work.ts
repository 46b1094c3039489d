// shell: the cleaner's work among everything else of the process, a small step at a time: for simulations,
// tests, and processes of several brokers.
import type { Clock } from "../../../base/ports/clock.ts";
import type { Codecs } from "../../../base/ports/codecs.ts";
import type { Disk } from "../../../base/ports/disk.ts";
import type { CleaningJob, CleaningPass, CleaningWork } from "./cleaning-work.ts";
import { Pass } from "./pass.ts";
import { RateLimit } from "./rate-limit.ts";

/** Holds up everything else for less than a millisecond. */
const stepBytes = 64 * 1024;
const pauseMs = 1;

export class StepwiseWork implements CleaningWork {
  readonly #env: { readonly clock: Clock; readonly disk: Disk; readonly codecs: Codecs };
  readonly #limit = new RateLimit(0);
  readonly #passes = new Set<Pass>();

  constructor(env: { readonly clock: Clock; readonly disk: Disk; readonly codecs: Codecs }) {
    this.#env = env;
  }

  setRate(bytesPerSecond: number): void {
    this.#limit.bytesPerSecond = bytesPerSecond;
  }

  begin(job: CleaningJob): CleaningPass {
    const { clock, disk, codecs } = this.#env;
    const pace = (bytes: number): Promise<void> =>
      new Promise((resolve) => {
        const delayMs = this.#limit.delayMs(bytes, clock.monotonicMs());
        clock.after(Math.max(pauseMs, delayMs), resolve);
      });
    const pass = new Pass(job, { disk, codecs, stepBytes, pace });
    this.#passes.add(pass);
    return {
      gather: () => pass.gather(),
      rewrite: (asked) => pass.rewrite(asked),
      end: () => {
        pass.end();
        this.#passes.delete(pass);
      },
    };
  }

  stop(): void {
    for (const pass of this.#passes) pass.end();
    this.#passes.clear();
  }
}
