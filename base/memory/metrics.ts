// adapter: metrics kept in memory, where a test can read them: of a simulation, and of brokers inside a test.
import type { Counter, Gauge, Histogram, Labels, Metrics, Observation } from "../ports/metrics.ts";

interface Series {
  labels: Labels;
  value: number;
  count: number;
}

export class MemoryMetrics implements Metrics {
  private readonly series = new Map<string, Map<string, Series>>();
  private readonly observers = new Map<string, () => Iterable<Observation>>();

  counter(name: string): Counter {
    return { add: (amount, labels) => void (this.at(name, labels).value += amount) };
  }

  gauge(name: string): Gauge {
    return { set: (value, labels) => void (this.at(name, labels).value = value) };
  }

  observed(
    name: string,
    _help: string,
    _labels: readonly string[],
    observe: () => Iterable<Observation>,
  ): void {
    if (!this.observers.has(name)) this.observers.set(name, observe);
  }

  histogram(name: string): Histogram {
    return {
      observe: (value, labels) => {
        const series = this.at(name, labels);
        series.value += value;
        series.count++;
      },
    };
  }

  /** The value of a counter or gauge, or the sum of a histogram; 0 if it was never touched. */
  value(name: string, labels: Labels = {}): number {
    this.observe();
    return this.series.get(name)?.get(keyOf(labels))?.value ?? 0;
  }

  async expose(): Promise<string> {
    this.observe();
    const lines: string[] = [];
    for (const [name, byLabels] of this.series) {
      for (const [key, series] of byLabels)
        lines.push(`${name}${key === "" ? "" : `{${key}}`} ${series.value}`);
    }
    return lines.map((line) => `${line}\n`).join("");
  }

  private observe(): void {
    for (const [name, observe] of this.observers) {
      this.series.delete(name);
      for (const { labels, value } of observe()) this.at(name, labels).value = value;
    }
  }

  private at(name: string, labels: Labels = {}): Series {
    let byLabels = this.series.get(name);
    if (byLabels === undefined) this.series.set(name, (byLabels = new Map()));
    const key = keyOf(labels);
    let series = byLabels.get(key);
    if (series === undefined) byLabels.set(key, (series = { labels, value: 0, count: 0 }));
    return series;
  }
}

function keyOf(labels: Labels): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${JSON.stringify(labels[name])}`)
    .join(",");
}
