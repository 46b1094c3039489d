// adapter: metrics through prom-client, in a registry of their own, loaded with the first metric.
import { createRequire } from "node:module";
import type * as Prom from "prom-client";
import type { Counter, Gauge, Histogram, Labels, Metrics } from "../ports/metrics.ts";

/** How often the lag of the event loop is measured; each time wakes the process. */
const lagEveryMs = 100;

interface Loaded {
  prom: typeof Prom;
  registry: Prom.Registry;
}

class PromMetrics implements Metrics {
  private readonly withProcess: boolean;
  private loaded: Loaded | null = null;
  private readonly known = new Map<string, Counter | Gauge | Histogram>();

  constructor(withProcess: boolean) {
    this.withProcess = withProcess;
  }

  counter(name: string, help: string, labelNames: readonly string[] = []): Counter {
    return this.once(name, ({ prom, registry }) => {
      const metric = new prom.Counter({ name, help, labelNames, registers: [registry] });
      return {
        add: (amount: number, labels?: Labels) => (labels ? metric.inc(labels, amount) : metric.inc(amount)),
      };
    });
  }

  gauge(name: string, help: string, labelNames: readonly string[] = []): Gauge {
    return this.once(name, ({ prom, registry }) => {
      const metric = new prom.Gauge({ name, help, labelNames, registers: [registry] });
      return {
        set: (value: number, labels?: Labels) => (labels ? metric.set(labels, value) : metric.set(value)),
      };
    });
  }

  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labelNames: readonly string[] = [],
  ): Histogram {
    return this.once(name, ({ prom, registry }) => {
      const settings = { name, help, labelNames, buckets: [...buckets], registers: [registry] };
      const metric = new prom.Histogram(settings);
      return {
        observe: (value: number, labels?: Labels) =>
          labels ? metric.observe(labels, value) : metric.observe(value),
      };
    });
  }

  expose(): Promise<string> {
    return this.load().registry.metrics();
  }

  private once<M extends Counter | Gauge | Histogram>(name: string, make: (loaded: Loaded) => M): M {
    let metric = this.known.get(name);
    if (metric === undefined) {
      metric = make(this.load());
      this.known.set(name, metric);
    }
    return metric as M;
  }

  private load(): Loaded {
    if (this.loaded !== null) return this.loaded;
    const prom = createRequire(import.meta.url)("prom-client") as typeof Prom;
    const registry = new prom.Registry();
    if (this.withProcess)
      prom.collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagEveryMs });
    this.loaded = { prom, registry };
    return this.loaded;
  }
}

/** `withProcess`: memory, CPU and event-loop lag of this process are measured too. */
export function realMetrics(options: { withProcess: boolean }): Metrics {
  return new PromMetrics(options.withProcess);
}
