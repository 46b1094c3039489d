// adapter: metrics in the text form of Prometheus, through prom-client: it is loaded, and told what was
// counted, when somebody asks for the first time.
import { createRequire } from "node:module";
import type * as Prom from "prom-client";
import type { Counter, Gauge, Histogram, Metrics, Observation } from "../ports/metrics.ts";
import { Amounts, Distribution, type Sample } from "./metric-values.ts";

/** How often the lag of the event loop is measured; each time wakes the process. */
const lagEveryMs = 100;

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly values: { samples(): Sample[] };
}

class PromMetrics implements Metrics {
  private readonly withProcess: boolean;
  private readonly known = new Map<string, Metric>();
  private registry: Prom.Registry | null = null;

  constructor(withProcess: boolean) {
    this.withProcess = withProcess;
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return this.once({ name, help, type: "counter" }, () => new Amounts(labelNames));
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return this.once({ name, help, type: "gauge" }, () => new Amounts(labelNames));
  }

  observed(
    name: string,
    help: string,
    _labels: readonly string[],
    observe: () => Iterable<Observation>,
  ): void {
    this.once({ name, help, type: "gauge" }, () => ({ samples: () => [...observe()] }));
  }

  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): Histogram {
    return this.once(
      { name, help, type: "histogram" },
      () => new Distribution(name, [...buckets], labelNames),
    );
  }

  expose(): Promise<string> {
    this.registry ??= this.load();
    return this.registry.metrics();
  }

  private once<Values extends Metric["values"]>(
    about: Pick<Metric, "name" | "help" | "type">,
    make: () => Values,
  ): Values {
    let metric = this.known.get(about.name);
    if (metric === undefined) {
      metric = { ...about, values: make() };
      this.known.set(about.name, metric);
      this.registry?.registerMetric(exposed(metric));
    }
    return metric.values as Values;
  }

  private load(): Prom.Registry {
    const prom = createRequire(import.meta.url)("prom-client") as typeof Prom;
    const registry = new prom.Registry();
    for (const metric of this.known.values()) registry.registerMetric(exposed(metric));
    if (this.withProcess)
      prom.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagEveryMs });
    return registry;
  }
}

/** The registry asks a metric for nothing but this. */
function exposed({ name, help, type, values }: Metric): Prom.Metric {
  const get = async () => ({ name, help, type, values: values.samples(), aggregator: "sum" });
  return { name, help, get } as unknown as Prom.Metric;
}

/** `withProcess`: memory, CPU and event-loop lag of this process are told too. */
export function realMetrics(options: { withProcess: boolean }): Metrics {
  return new PromMetrics(options.withProcess);
}
