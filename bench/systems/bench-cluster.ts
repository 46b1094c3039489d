// port: the clusters a benchmark runs on, Ottla's or another's; whoever starts one brings it.

export type SystemName = "ottla" | "kafka";

export interface BenchCluster {
  readonly system: SystemName;
  readonly bootstrap: string;
  /** Monotonic, right before the first process was started, with its folder formatted already. */
  readonly spawnedMs: number;
  /** The folder below which the brokers keep their data; null where it is not known. */
  readonly dataFolder: string | null;
  /** Process ids of the brokers that run, by broker id; empty where they are not known. */
  pids(): ReadonlyMap<number, number>;
  kill(id: number): Promise<void>;
  /** A graceful stop (SIGTERM). Resolves when the process is gone. */
  terminate(id: number): Promise<void>;
  /** Starts a broker again that was killed or stopped; resolves when its process is ready. */
  revive(id: number): Promise<void>;
  stop(): Promise<void>;
}

export interface BenchClusterOptions {
  brokers: number;
  /** Server settings, under the names of the system that is started. */
  settings: Readonly<Record<string, string>>;
  /** Further environment of the processes. */
  environment?: Readonly<Record<string, string>>;
  /** Resolve as soon as the processes are started, with no wait for anything. */
  isColdStart?: boolean;
}

export type StartBenchCluster = (options: BenchClusterOptions) => Promise<BenchCluster>;
