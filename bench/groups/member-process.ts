// adapter: a process of group members as its parent sees it: orders in, news out. It ends with `stop` or
// `kill`, and with its parent.
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { MemberCount, MemberNews, MemberOrder } from "./member-orders.ts";

/** In the package the sources are JavaScript. */
const main = fileURLToPath(
  new URL(`./members-main.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
);
const answerMs = 60_000;

type NewsOf<Name extends MemberNews["news"]> = Extract<MemberNews, { news: Name }>;

interface Waiting {
  news: MemberNews["news"];
  resolve: (news: MemberNews) => void;
  reject: (error: Error) => void;
}

export class MemberProcess {
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  readonly #exited: Promise<void>;
  #over: Error | null = null;

  private constructor(onNews: (news: MemberNews) => void) {
    this.#child = fork(main, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#child.on("message", (message) => {
      const news = message as MemberNews;
      if (news.news === "failed") this.#end(news.reason);
      onNews(news);
      const at = this.#waiting.findIndex((waiting) => waiting.news === news.news);
      if (at >= 0) this.#waiting.splice(at, 1)[0]!.resolve(news);
    });
    this.#child.once("error", (error) => this.#end(error.message));
    this.#exited = new Promise((resolve) => {
      this.#child.once("exit", (code, signal) => {
        this.#end(`the process of members ended with ${signal ?? code}`);
        resolve();
      });
    });
  }

  /** Resolves once the process is there and has loaded the client. */
  static async start(onNews: (news: MemberNews) => void): Promise<MemberProcess> {
    const started = new MemberProcess(onNews);
    await started.#next("ready");
    return started;
  }

  /** Why nothing more can be had of it; null: all is well. */
  get trouble(): Error | null {
    return this.#over;
  }

  /** When the first of them began to subscribe. */
  async join(order: Omit<Extract<MemberOrder, { order: "join" }>, "order">): Promise<number> {
    const { atMs } = await this.#ask({ order: "join", ...order }, "joining");
    return atMs;
  }

  /** `beganMs`: when the first of them began to leave; `left`: all of them have. */
  async leave(members: readonly string[]): Promise<{ beganMs: number; left: Promise<void> }> {
    const left = this.#next("left").then(() => undefined);
    // Whoever does not wait for it learns of trouble elsewhere.
    left.catch(() => undefined);
    const { atMs } = await this.#ask({ order: "leave", members }, "leaving");
    return { beganMs: atMs, left };
  }

  count(): Promise<MemberCount> {
    return this.#ask({ order: "count" }, "counted");
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #ask<Name extends MemberNews["news"]>(order: MemberOrder, news: Name): Promise<NewsOf<Name>> {
    const answer = this.#next(news);
    if (this.#over === null) this.#child.send(order);
    return answer;
  }

  #next<Name extends MemberNews["news"]>(news: Name): Promise<NewsOf<Name>> {
    if (this.#over !== null) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end(`"${news}" was not told within ${answerMs} ms`), answerMs);
      this.#waiting.push({
        news,
        resolve: (found) => {
          clearTimeout(timer);
          resolve(found as NewsOf<Name>);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      });
    });
  }

  #end(reason: string): void {
    this.#over ??= new Error(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#over);
  }
}
