// port: the clusters a benchmark runs on; whoever starts it brings them.

export interface BenchCluster {
  readonly bootstrap: string;
  /** Process ids of the brokers, by broker id. */
  pids(): ReadonlyMap<number, number>;
  kill(id: number): Promise<void>;
  /** Starts a killed broker again; resolves when it is ready. */
  revive(id: number): Promise<void>;
  stop(): Promise<void>;
}

export type StartBenchCluster = (options: {
  brokers: number;
  settings: Readonly<Record<string, string>>;
}) => Promise<BenchCluster>;
