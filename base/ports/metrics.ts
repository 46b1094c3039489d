// port: counters, gauges and distributions, named as Prometheus wants them (snake case, unit last).

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(amount: number, labels?: Labels): void;
}

export interface Gauge {
  set(value: number, labels?: Labels): void;
}

export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** One value of a gauge that is looked at only when somebody asks. */
export interface Observation {
  readonly labels: Labels;
  readonly value: number;
}

/** Asking twice for one name gives the same metric. Label names are fixed at the first call. */
export interface Metrics {
  counter(name: string, help: string, labelNames?: readonly string[]): Counter;
  gauge(name: string, help: string, labelNames?: readonly string[]): Gauge;
  /** A gauge whose values are made when the metrics are told: it costs nothing in between. */
  observed(
    name: string,
    help: string,
    labelNames: readonly string[],
    observe: () => Iterable<Observation>,
  ): void;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames?: readonly string[],
  ): Histogram;
  /** The Prometheus text exposition of all that is registered. */
  expose(): Promise<string>;
}
