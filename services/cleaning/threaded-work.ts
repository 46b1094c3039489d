// adapter: the cleaner's work in a thread of its own, which is there only while it has something to do.
import { Worker } from "node:worker_threads";
import { CleaningTrouble } from "../../cluster/log/cleaning/cleaning-trouble.ts";
import type {
  CleaningJob,
  CleaningPass,
  CleaningWork,
  GatheredKeys,
  Rewritten,
} from "../../cluster/log/cleaning/cleaning-work.ts";
import type { FromThread, ToThread } from "./messages.ts";

const idleMs = 30_000;
/** Beside this module, as a source or as it was built. */
const main = new URL(
  import.meta.url.endsWith(".ts") ? "./thread-main.ts" : "./thread-main.js",
  import.meta.url,
);

interface Waiting {
  resolve(value: GatheredKeys | Rewritten): void;
  reject(error: Error): void;
}

export class ThreadedWork implements CleaningWork {
  /** Hears of a thread that broke down; the next pass gets another. */
  readonly #onBroken: (what: string) => void;
  #thread: Worker | null = null;
  #rate = 0;
  #lastNumber = 0;
  readonly #calls = new Map<number, Waiting>();
  readonly #passes = new Set<number>();
  #idleTimer: NodeJS.Timeout | null = null;

  constructor(onBroken: (what: string) => void) {
    this.#onBroken = onBroken;
  }

  setRate(bytesPerSecond: number): void {
    if (this.#rate === bytesPerSecond) return;
    this.#rate = bytesPerSecond;
    this.#thread?.postMessage({ kind: "rate", bytesPerSecond } satisfies ToThread);
  }

  begin(job: CleaningJob): CleaningPass {
    const pass = ++this.#lastNumber;
    const thread = this.#running();
    this.#passes.add(pass);
    thread.postMessage({ kind: "begin", pass, job } satisfies ToThread);
    const call = (message: (call: number) => ToThread): Promise<GatheredKeys | Rewritten> =>
      this.#call(thread, message);
    return {
      gather: async () => (await call((number) => ({ kind: "gather", pass, call: number }))) as GatheredKeys,
      rewrite: async (asked) =>
        (await call((number) => ({ kind: "rewrite", pass, call: number, job: asked }))) as Rewritten,
      end: () => {
        if (!this.#passes.delete(pass)) return;
        if (this.#thread === thread) thread.postMessage({ kind: "end", pass } satisfies ToThread);
        this.#idleSoon();
      },
    };
  }

  stop(): void {
    this.#letGo("the node stops");
  }

  #running(): Worker {
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    if (this.#thread !== null) return this.#thread;
    const thread = new Worker(main, { execArgv: [] });
    this.#thread = thread;
    // A process that has nothing else to do does not wait for it.
    thread.unref();
    thread.on("message", (message: FromThread) => this.#answered(message));
    thread.on("error", (error) => this.#broken(thread, error.stack ?? error.message));
    thread.on("exit", (code) => this.#broken(thread, `it ended with ${code}`));
    thread.postMessage({ kind: "rate", bytesPerSecond: this.#rate } satisfies ToThread);
    return thread;
  }

  #call(thread: Worker, message: (call: number) => ToThread): Promise<GatheredKeys | Rewritten> {
    if (this.#thread !== thread) return Promise.reject(ended("its thread is gone"));
    const call = ++this.#lastNumber;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      thread.postMessage(message(call));
    });
  }

  #answered(message: FromThread): void {
    const waiting = this.#calls.get(message.call);
    this.#calls.delete(message.call);
    if (waiting === undefined) return;
    if ("value" in message) waiting.resolve(message.value);
    else if ("trouble" in message) waiting.reject(new CleaningTrouble(message.trouble));
    else {
      waiting.reject(ended(message.failure));
      this.#broken(this.#thread, message.failure);
    }
  }

  #broken(thread: Worker | null, what: string): void {
    if (thread === null || this.#thread !== thread) return;
    this.#onBroken(what);
    this.#letGo(what);
  }

  #letGo(why: string): void {
    const thread = this.#thread;
    this.#thread = null;
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    this.#idleTimer = null;
    this.#passes.clear();
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const { reject } of calls) reject(ended(why));
    void thread?.terminate();
  }

  #idleSoon(): void {
    if (this.#passes.size > 0 || this.#thread === null || this.#idleTimer !== null) return;
    this.#idleTimer = setTimeout(() => this.#letGo("idle"), idleMs);
    this.#idleTimer.unref();
  }
}

function ended(what: string): CleaningTrouble {
  return new CleaningTrouble({ kind: "ended", path: "", position: 0, what });
}
