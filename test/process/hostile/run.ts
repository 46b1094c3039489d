// test: sends mutated requests to a live broker over some connections, while another client writes and is
// timed; then compares memory, and reads back what that client had acknowledged.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTopic, type RunningCluster, runCluster } from "../running-cluster.ts";
import { brokerMemory } from "../soak/memory.ts";
import { type Random, seededRandom } from "../soak/trouble.ts";
import { SteadyLoad } from "../steady-load.ts";
import { mutate } from "./mutate.ts";
import { hostileTopic, validFrames } from "./valid-frames.ts";

export interface HostileOptions {
  count: number;
  seed: number;
  onProgress(sent: number): void;
}

export interface HostileVerdict {
  holds: boolean;
  seed: number;
  sent: number;
  answered: number;
  closedByBroker: number;
  /** Neither answered nor closed in time: the rest of a frame was awaited, or acks were 0. */
  silent: number;
  brokerDied: string[];
  /** Failures in the broker's log that nobody expected, the first few. */
  unexpected: string[];
  memoryBefore: number | null;
  memoryAfter: number | null;
  acknowledged: number;
  longestGapMs: number;
  intact: boolean;
}

export const memoryGrowthMax = 64 * 1024 * 1024;
export const gapMaxMs = 5_000;
const topic = "orders";
const answerWaitMs = 150;
const connections = 8;

/** One hostile client: one frame at a time, on a new connection whenever the old one cannot be used. */
class HostileClient {
  readonly counts = { sent: 0, answered: 0, closedByBroker: 0, silent: 0 };
  readonly #port: number;
  #socket: Socket | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  async send(frame: Uint8Array): Promise<void> {
    const socket = await this.#connected();
    this.counts.sent++;
    const outcome = await new Promise<"answered" | "closedByBroker" | "silent">((resolve) => {
      const timer = setTimeout(() => settle("silent"), answerWaitMs);
      const onData = (): void => settle("answered");
      const onClose = (): void => settle("closedByBroker");
      const settle = (what: "answered" | "closedByBroker" | "silent"): void => {
        clearTimeout(timer);
        socket.off("data", onData);
        socket.off("close", onClose);
        resolve(what);
      };
      socket.on("data", onData);
      socket.on("close", onClose);
      socket.write(frame);
    });
    this.counts[outcome]++;
    if (outcome !== "answered") this.end();
  }

  async #connected(): Promise<Socket> {
    if (this.#socket !== null) return this.#socket;
    const socket = connect({ host: "127.0.0.1", port: this.#port });
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = null;
    });
    await new Promise<void>((resolve) => {
      socket.once("connect", () => resolve());
      socket.once("close", () => resolve());
    });
    this.#socket = socket;
    return socket;
  }

  end(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }
}

export async function runHostile(options: HostileOptions): Promise<HostileVerdict> {
  const path = mkdtempSync(join(tmpdir(), "ottla-hostile-"));
  const preload = fileURLToPath(new URL("../heap-signal.ts", import.meta.url));
  try {
    await using running = await runCluster({
      brokers: 1,
      path,
      settings: { "ottla.log.level": "warn" },
      environment: { NODE_OPTIONS: `--import=${preload}`, OTTLA_TEST_HEAP_FOLDER: path },
    });
    return await attack(running, path, options);
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

async function attack(
  { cluster, admin }: RunningCluster,
  path: string,
  options: HostileOptions,
): Promise<HostileVerdict> {
  await createTopic(admin, topic, 3, 1);
  await createTopic(admin, hostileTopic, 1, 1);
  const brokerDied: string[] = [];
  cluster.onBrokerDied = (_id, text) => void brokerDied.push(text);
  const { pid, kafka } = cluster.broker(1);
  const load = new SteadyLoad({ bootstrap: cluster.bootstrap, topic, perSecond: 200, keys: 20 });
  await load.progress(100);
  load.longestGapMs = 0;
  const random = seededRandom(options.seed);
  const frames = validFrames({ seed: options.seed, perVersion: 3 });
  const clients = Array.from({ length: connections }, () => new HostileClient(Number(kafka.split(":")[1])));
  // What is made once (code, tables, buffers of the first requests) is no growth.
  const warmUp = Math.ceil(options.count / 10);
  await sendAll(clients, { frames, random, count: warmUp, isOver: () => brokerDied.length > 0 });
  const memoryBefore = await brokerMemory(path, pid);
  const rest = { frames, random, count: options.count - warmUp, isOver: () => brokerDied.length > 0 };
  await sendAll(clients, rest, options.onProgress);
  for (const client of clients) client.end();
  const memoryAfter = brokerDied.length > 0 ? null : await brokerMemory(path, pid);
  const { longestGapMs } = load;
  const intact = brokerDied.length === 0 && (await finish(load));
  const sum = (what: keyof HostileClient["counts"]): number =>
    clients.reduce((total, { counts }) => total + counts[what], 0);
  const unexpected = unexpectedIn(cluster.folder.logPath(1));
  const isSmall = memoryAfter !== null && memoryAfter - (memoryBefore ?? 0) < memoryGrowthMax;
  return {
    holds: intact && isSmall && unexpected.length === 0 && longestGapMs < gapMaxMs,
    seed: options.seed,
    ...{ sent: sum("sent"), answered: sum("answered"), closedByBroker: sum("closedByBroker") },
    ...{ silent: sum("silent"), brokerDied, unexpected, memoryBefore, memoryAfter },
    ...{ acknowledged: load.acknowledged.size, longestGapMs: Math.round(longestGapMs), intact },
  };
}

async function finish(load: SteadyLoad): Promise<boolean> {
  await load.progress(50);
  await load.stop();
  return (await load.verdict()).holds && load.failures.length === 0;
}

async function sendAll(
  clients: readonly HostileClient[],
  what: { frames: readonly Uint8Array[]; random: Random; count: number; isOver: () => boolean },
  onProgress: (sent: number) => void = () => {},
): Promise<void> {
  let taken = 0;
  const one = async (client: HostileClient): Promise<void> => {
    while (taken < what.count && !what.isOver()) {
      taken++;
      if (taken % 1_000 === 0) onProgress(taken);
      await client.send(mutate(what.frames, what.random));
    }
  };
  await Promise.all(clients.map(one));
}

function unexpectedIn(log: string): string[] {
  const found: string[] = [];
  for (const line of readFileSync(log, "utf8").split("\n")) {
    if (!line.includes('"level":"error"') && !line.includes('"level":"fatal"')) continue;
    if (found.length < 5) found.push(line.slice(0, 1_500));
  }
  return found;
}
