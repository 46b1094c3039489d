// adapter: one broker as a child process: started on its properties file, watched until it is ready, stopped,
// killed, paused.
//
// The child holds a channel to its parent and stops by itself when the parent is gone, so that no broker
// outlives a test.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The build stands one folder deeper in the package than the sources do. */
const root = import.meta.url.endsWith(".ts") ? "../.." : "../../..";
const launcher = fileURLToPath(new URL(`${root}/bin/ottla.mjs`, import.meta.url));

export interface BrokerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export class BrokerProcess {
  readonly id: number;
  readonly pid: number;
  /** Resolves when the process has ended, for whatever reason. */
  readonly exited: Promise<BrokerExit>;
  #child: ChildProcess;
  #exit: BrokerExit | null = null;

  private constructor(id: number, child: ChildProcess) {
    this.id = id;
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve((this.#exit = { code, signal })));
      child.once("error", () => resolve((this.#exit = { code: 1, signal: null })));
    });
  }

  static start(options: {
    id: number;
    properties: string;
    log: string;
    environment?: Readonly<Record<string, string>>;
  }): BrokerProcess {
    const log = openSync(options.log, "a");
    const child = spawn(process.execPath, [launcher, "start", "--config", options.properties], {
      stdio: ["ignore", log, log, "ipc"],
      env: {
        ...process.env,
        UV_THREADPOOL_SIZE: process.env.UV_THREADPOOL_SIZE ?? "16",
        ...options.environment,
        OTTLA_CHILD: "1",
      },
    });
    closeSync(log);
    return new BrokerProcess(options.id, child);
  }

  get exit(): BrokerExit | null {
    return this.#exit;
  }

  signal(name: NodeJS.Signals): void {
    if (this.#exit === null) this.#child.kill(name);
  }

  /** SIGTERM, and SIGKILL if it is still there after `graceMs`. */
  async stop(graceMs: number): Promise<BrokerExit> {
    // A paused process acts on SIGTERM only once it runs again.
    this.signal("SIGCONT");
    this.signal("SIGTERM");
    const timer = setTimeout(() => this.signal("SIGKILL"), graceMs);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }
}
