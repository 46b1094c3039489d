// adapter: a development cluster on this machine: N broker processes on one folder. It formats the folder the
// first time, starts the brokers, knows when all are ready, and stops them in order. `ottla dev`, the demo,
// benches and process tests use it.
import { readFileSync } from "node:fs";
import { formatLogDirectory } from "../../services/format.ts";
import { ClusterFailure, UsageError } from "../usage-error.ts";
import { BrokerProcess } from "./broker-process.ts";
import { notReady } from "./broker-state.ts";
import { type BrokerEntry, type ClusterFile, ClusterFolder } from "./cluster-folder.ts";
import { newClusterIds } from "./cluster-ids.ts";
import { portsInUse, portsOf } from "./ports.ts";

const host = "127.0.0.1";

export interface DevClusterOptions {
  path: string;
  brokers: number;
  firstPort: number;
  /** Broker settings by name, as --set gives them; for all brokers. */
  settings: Readonly<Record<string, string>>;
  /** Further settings of one broker, over `settings`. */
  settingsOf?: (broker: BrokerEntry, all: readonly BrokerEntry[]) => Readonly<Record<string, string>>;
  /** Further environment of the broker processes. */
  environment?: Readonly<Record<string, string>>;
  /** Starts a broker again when it dies. */
  restart?: boolean;
}

export class DevCluster {
  readonly folder: ClusterFolder;
  readonly running = new Map<number, BrokerProcess>();
  /** Called when a broker ended that nobody asked to end. */
  onBrokerDied: (id: number, text: string) => void = () => {};
  #file: ClusterFile;
  #options: DevClusterOptions;
  #stopping = false;
  #watch: NodeJS.Timeout | null = null;

  private constructor(folder: ClusterFolder, file: ClusterFile, options: DevClusterOptions) {
    this.folder = folder;
    this.#file = file;
    this.#options = options;
  }

  /** Formats the folder if it is new, and starts every broker; it does not wait until they are ready. */
  static async start(options: DevClusterOptions): Promise<DevCluster> {
    const folder = new ClusterFolder(options.path);
    const existing = folder.read();
    checkExisting(folder, existing, options.brokers);
    const ids = Array.from({ length: options.brokers }, (_, index) => index + 1);
    const wanted = ids.flatMap((id) => Object.values(portsOf(options.firstPort, id)));
    const used = await portsInUse(host, wanted);
    if (used.length > 0) {
      throw new UsageError(
        `port ${used.join(", ")} is in use on ${host}; stop what listens there or choose another --port ` +
          `(${options.brokers} brokers take three ports each, from --port in steps of 10)`,
      );
    }
    const file = describe(existing ?? newCluster(ids), options);
    if (!file.formatted) await format(folder, file);
    const cluster = new DevCluster(folder, file, options);
    cluster.#writeProperties();
    for (const id of ids) cluster.startBroker(id);
    cluster.#watch = setInterval(() => cluster.#answerStartRequests(), 150);
    return cluster;
  }

  get bootstrap(): string {
    return this.#file.bootstrap;
  }

  get brokers(): readonly BrokerEntry[] {
    return this.#file.brokers;
  }

  broker(id: number): BrokerEntry {
    const found = this.#file.brokers.find((broker) => broker.id === id);
    if (!found)
      throw new UsageError(`broker ${id} is not one of ${this.#file.brokers.map((b) => b.id).join(", ")}`);
    return found;
  }

  startBroker(id: number): BrokerProcess {
    if (this.running.has(id)) throw new UsageError(`broker ${id} runs already`);
    const child = BrokerProcess.start({
      id,
      properties: this.folder.propertiesPath(id),
      log: this.folder.logPath(id),
      environment: this.#options.environment ?? {},
    });
    this.running.set(id, child);
    this.#note(id, child.pid);
    void child.exited.then((exit) => {
      if (this.running.get(id) !== child) return;
      this.running.delete(id);
      this.#note(id, 0);
      if (this.#stopping) return;
      this.onBrokerDied(id, exit.signal ? `signal ${exit.signal}` : `exit code ${exit.code}`);
      // Codes 1 and 2 mean that starting again would end the same way.
      if (this.#options.restart && exit.code !== 1 && exit.code !== 2) this.startBroker(id);
    });
    return child;
  }

  /**
   * Resolves when every broker (or the one named) is registered and unfenced; rejects when one ended or time
   * is up.
   */
  async ready(options: { timeoutMs: number; only?: number }): Promise<void> {
    const deadline = performance.now() + options.timeoutMs;
    for (const broker of this.#file.brokers) {
      if (options.only !== undefined && broker.id !== options.only) continue;
      for (;;) {
        const reason = await notReady(broker.http);
        if (reason === null) break;
        if (!this.running.has(broker.id)) {
          throw new ClusterFailure(
            `broker ${broker.id} ended before it was ready: ${this.lastWords(broker.id)}`,
          );
        }
        if (performance.now() > deadline) {
          throw new ClusterFailure(
            `broker ${broker.id} is not ready after ${options.timeoutMs} ms: ${reason}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    }
  }

  /** `kill -9`. Resolves when the process is gone. */
  async kill(id: number): Promise<void> {
    const child = this.#child(id);
    child.signal("SIGKILL");
    await child.exited;
  }

  pause(id: number): void {
    this.#child(id).signal("SIGSTOP");
  }

  resume(id: number): void {
    this.#child(id).signal("SIGCONT");
  }

  async stopBroker(id: number): Promise<void> {
    await this.#child(id).stop(20_000);
  }

  /** Stops all brokers, the last first, so that the controller moves as little as possible. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#watch) clearInterval(this.#watch);
    for (const child of [...this.running.values()].reverse()) await child.stop(20_000);
    this.#file.launcherPid = 0;
    this.folder.write(this.#file);
  }

  /** The end of a broker's log, for error messages. */
  lastWords(id: number): string {
    try {
      return readFileSync(this.folder.logPath(id), "utf8").trimEnd().split("\n").slice(-6).join("\n");
    } catch {
      return "(no log)";
    }
  }

  #child(id: number): BrokerProcess {
    const child = this.running.get(id);
    if (!child) throw new UsageError(`broker ${id} does not run`);
    return child;
  }

  #note(id: number, pid: number): void {
    this.broker(id).pid = pid;
    this.folder.write(this.#file);
  }

  #answerStartRequests(): void {
    for (const broker of this.#file.brokers) {
      if (this.folder.takeStartRequest(broker.id) && !this.running.has(broker.id))
        this.startBroker(broker.id);
    }
  }

  #writeProperties(): void {
    const voters = this.#file.brokers.map((broker) => `${broker.id}@${broker.peer}:${broker.directoryId}`);
    for (const broker of this.#file.brokers) {
      this.folder.writeProperties(broker.id, {
        "process.roles": "broker,controller",
        "node.id": String(broker.id),
        "cluster.id": this.#file.clusterId,
        "controller.quorum.voters": voters.join(","),
        listeners: `PLAINTEXT://${broker.kafka}`,
        "ottla.peer.listener": broker.peer,
        "ottla.http.listener": broker.http,
        "log.dirs": this.folder.dataPath(broker.id),
        ...this.#options.settings,
        ...this.#options.settingsOf?.(broker, this.#file.brokers),
      });
    }
  }
}

function checkExisting(folder: ClusterFolder, existing: ClusterFile | null, brokers: number): void {
  if (existing === null) return;
  if (existing.brokers.length !== brokers) {
    throw new UsageError(
      `${folder.path} holds a cluster of ${existing.brokers.length} brokers, and ${brokers} were asked ` +
        `for; ` +
        `use --brokers ${existing.brokers.length} or another --data folder`,
    );
  }
  if (existing.launcherPid > 0 && existing.launcherPid !== process.pid && isAlive(existing.launcherPid)) {
    throw new UsageError(`${folder.path} is in use by the cluster that process ${existing.launcherPid} runs`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function newCluster(ids: readonly number[]): ClusterFile {
  const fresh = newClusterIds(ids);
  const brokers = ids.map((id) => ({
    id,
    directoryId: fresh.directories.get(id)!,
    pid: 0,
    kafka: "",
    peer: "",
    http: "",
  }));
  return { clusterId: fresh.clusterId, bootstrap: "", launcherPid: 0, formatted: false, brokers };
}

/**
 * Gives every broker's folder its identity before the first start, and never again: a disk that comes back
 * empty then gets a fresh directory id, and is known for what it is.
 */
async function format(folder: ClusterFolder, file: ClusterFile): Promise<void> {
  folder.write(file);
  for (const broker of file.brokers) {
    await formatLogDirectory({
      path: folder.dataPath(broker.id),
      clusterId: file.clusterId,
      nodeId: broker.id,
      directoryId: broker.directoryId,
    });
  }
  file.formatted = true;
  folder.write(file);
}

/** The same cluster on the ports of this start. */
function describe(file: ClusterFile, options: DevClusterOptions): ClusterFile {
  const brokers = file.brokers.map((broker) => {
    const ports = portsOf(options.firstPort, broker.id);
    const at = (port: number): string => `${host}:${port}`;
    return { ...broker, pid: 0, kafka: at(ports.kafka), peer: at(ports.peer), http: at(ports.http) };
  });
  const bootstrap = brokers.map((broker) => broker.kafka).join(",");
  return { ...file, launcherPid: process.pid, bootstrap, brokers };
}
