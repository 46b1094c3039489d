// test: a soak: three broker processes behind proxies, producers and readers on them, and every ten seconds a
// trouble. At the end everything is read again and judged. It answers a verdict of bounded size.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ProxiedCluster, runProxiedCluster } from "../proxied-cluster.ts";
import { createTopic, inSync } from "../running-cluster.ts";
import { MixedLoad } from "./load.ts";
import { brokerMemory, MemorySeries, ownMemory } from "./memory.ts";
import type { Findings, ReaderCheck } from "./reader-check.ts";
import { nextTrouble, seededRandom } from "./trouble.ts";

export interface SoakOptions {
  minutes: number;
  seed: number;
  perSecond: number;
  troubleEveryMs: number;
  /** Memory is compared from here on. */
  warmUpMinutes: number;
  onRow(row: SoakRow): void;
}

export interface SoakRow {
  second: number;
  trouble: string;
  acknowledged: number;
  /** Longest time without an acknowledgement since the last row. */
  gapMs: number;
  /** Megabytes after collection, of the broker that is never killed and of this process. */
  memoryMb: (number | null)[];
}

export interface SoakVerdict {
  holds: boolean;
  seed: number;
  minutes: number;
  sent: number;
  acknowledged: number;
  missing: number[];
  readers: Findings[];
  failures: Record<string, number>;
  troubles: { kill: number; pause: number; cut: number };
  /** Brokers that ended without being asked to. */
  died: string[];
  /** Bytes by which memory after collection grew, by process; null when the run was too short to say. */
  memoryGrowth: Record<string, number | null>;
  longestGapMs: number;
}

export const memoryGrowthMax = 5 * 1024 * 1024;

const topic = "soak";
const spared = 3;
const numbering = { producers: 2, keys: 64 };
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function runSoak(options: SoakOptions): Promise<SoakVerdict> {
  const path = mkdtempSync(join(tmpdir(), "ottla-soak-"));
  const preload = fileURLToPath(new URL("../heap-signal.ts", import.meta.url));
  try {
    await using running = await runProxiedCluster({
      brokers: 3,
      path,
      environment: { NODE_OPTIONS: `--import=${preload}`, OTTLA_TEST_HEAP_FOLDER: path },
    });
    return await new Soak(running, path, options).run();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

class Soak {
  readonly #running: ProxiedCluster;
  readonly #path: string;
  readonly #options: SoakOptions;
  readonly #load: MixedLoad;
  readonly #troubles = { kill: 0, pause: 0, cut: 0 };
  readonly #died: string[] = [];
  readonly #memory = { [`broker ${spared}`]: new MemorySeries(), clients: new MemorySeries() };
  readonly #began = performance.now();
  #killing = 0;
  #longestGapMs = 0;

  constructor(running: ProxiedCluster, path: string, options: SoakOptions) {
    this.#running = running;
    this.#path = path;
    this.#options = options;
    this.#load = new MixedLoad({
      bootstrap: running.bootstrap,
      topic,
      numbering,
      readers: 2,
      perSecond: options.perSecond,
      capacity: Math.ceil(options.perSecond * (options.minutes * 60 + 120)),
    });
  }

  async run(): Promise<SoakVerdict> {
    const { cluster, admin } = this.#running;
    await createTopic(admin, topic, 6, 3);
    checkLinks(this.#running);
    cluster.onBrokerDied = (id, text) => {
      if (id !== this.#killing) this.#died.push(`broker ${id}: ${text}`);
    };
    this.#load.begin();
    await this.#makeTrouble();
    this.#running.proxy.mendAll();
    await cluster.ready({ timeoutMs: 120_000 });
    await inSync(admin, topic, 3);
    await this.#load.finish(120_000);
    return this.#verdict(await this.#load.readAgain());
  }

  async #makeTrouble(): Promise<void> {
    const { minutes, seed, troubleEveryMs, onRow } = this.#options;
    const random = seededRandom(seed);
    const endMs = minutes * 60_000;
    for (let round = 1; this.#elapsed() < endMs; round++) {
      const trouble = nextTrouble(this.#running, { random, spared });
      this.#troubles[trouble.kind]++;
      if (trouble.kind === "kill") this.#killing = Number(trouble.text.at(-1));
      await trouble.begin();
      await wait(trouble.lastsMs);
      await trouble.end();
      this.#killing = 0;
      await wait(Math.max(1_000, round * troubleEveryMs - 3_000 - this.#elapsed()));
      await this.#measure();
      await wait(Math.max(0, round * troubleEveryMs - this.#elapsed()));
      const gapMs = this.#load.takeGap();
      this.#longestGapMs = Math.max(this.#longestGapMs, gapMs);
      onRow({
        second: Math.round(this.#elapsed() / 1_000),
        trouble: `${trouble.text}, ${trouble.lastsMs} ms`,
        acknowledged: this.#load.acknowledged.size,
        gapMs,
        memoryMb: Object.values(this.#memory).map(({ last }) => last && Math.round(last / 104_857.6) / 10),
      });
    }
  }

  async #measure(): Promise<void> {
    const pid = this.#running.cluster.broker(spared).pid;
    this.#memory[`broker ${spared}`]!.add(this.#elapsed(), await brokerMemory(this.#path, pid));
    this.#memory.clients!.add(this.#elapsed(), await ownMemory());
  }

  #elapsed(): number {
    return performance.now() - this.#began;
  }

  #verdict(again: ReaderCheck): SoakVerdict {
    const load = this.#load;
    const checks = [...load.checks, again];
    const missing = checks.flatMap((check) => load.missingIn(check, 20));
    const fromMs = this.#options.warmUpMinutes * 60_000;
    const memoryGrowth = Object.fromEntries(
      Object.entries(this.#memory).map(([name, series]) => [name, series.growthFrom(fromMs)]),
    );
    const clean = checks.every(
      ({ findings }) => findings.duplicated + findings.outOfOrder + findings.foreign === 0,
    );
    const small = Object.values(memoryGrowth).every((bytes) => (bytes ?? 0) < memoryGrowthMax);
    return {
      holds: clean && small && missing.length === 0 && this.#died.length === 0 && load.acknowledged.size > 0,
      seed: this.#options.seed,
      minutes: this.#options.minutes,
      sent: load.sent,
      acknowledged: load.acknowledged.size,
      missing: missing.slice(0, 20),
      readers: checks.map((check) => check.findings),
      failures: Object.fromEntries(load.failures),
      troubles: this.#troubles,
      died: this.#died.slice(0, 20),
      memoryGrowth,
      longestGapMs: this.#longestGapMs,
    };
  }
}

/** A cut of a link that nobody knows would cut nothing, and the soak would say less than it seems to. */
function checkLinks({ proxy, cluster }: ProxiedCluster): void {
  if (process.platform !== "linux") return;
  for (const { id } of cluster.brokers) {
    for (const { id: other } of cluster.brokers) {
      if (other !== id && !proxy.links.has(`${id}>${other}`))
        throw new Error(
          `no connection from broker ${id} to ${other} is seen, but ${[...proxy.links].join(" ")}`,
        );
    }
  }
}
