// core: what a counter, a gauge or a histogram has counted, by labels. Counting happens with every request,
// and telling only when somebody asks: so a count is an addition here, and all texts are made when told.
import type { Counter, Gauge, Histogram, Labels } from "../ports/metrics.ts";

/** One value with its labels, as the exposition lists them. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Of a histogram: the metric's name with its ending. */
  readonly metricName?: string;
}

class Series {
  readonly labels: Labels;
  readonly counts: Float64Array;
  sum = 0;

  constructor(labels: Labels, buckets: number) {
    this.labels = labels;
    this.counts = new Float64Array(buckets);
  }
}

/** The series of each combination of labels; those without labels are one. */
class SeriesByLabels {
  readonly #names: readonly string[];
  readonly #buckets: number;
  readonly #byKey = new Map<string, Series>();
  #unlabelled: Series | null = null;

  constructor(names: readonly string[], buckets: number) {
    this.#names = names;
    this.#buckets = buckets;
  }

  of(labels: Labels | undefined): Series {
    if (labels === undefined) return (this.#unlabelled ??= this.#add("", {}));
    const [name] = this.#names;
    // One label as a rule: its value is the key, and no text has to be made.
    const key =
      this.#names.length === 1 ? labels[name!]! : this.#names.map((one) => labels[one] ?? "").join("\0");
    return this.#byKey.get(key) ?? this.#add(key, labels);
  }

  all(): Iterable<Series> {
    // Without labels there is a value from the start on: zero.
    if (this.#names.length === 0) this.of(undefined);
    return this.#byKey.values();
  }

  #add(key: string, labels: Labels): Series {
    const series = new Series({ ...labels }, this.#buckets);
    this.#byKey.set(key, series);
    return series;
  }
}

export class Amounts implements Counter, Gauge {
  readonly #series: SeriesByLabels;

  constructor(labelNames: readonly string[]) {
    this.#series = new SeriesByLabels(labelNames, 0);
  }

  add(amount: number, labels?: Labels): void {
    this.#series.of(labels).sum += amount;
  }

  set(value: number, labels?: Labels): void {
    this.#series.of(labels).sum = value;
  }

  samples(): Sample[] {
    return [...this.#series.all()].map(({ labels, sum }) => ({ labels, value: sum }));
  }
}

export class Distribution implements Histogram {
  readonly #series: SeriesByLabels;
  readonly #bounds: readonly number[];
  readonly #name: string;

  constructor(name: string, bounds: readonly number[], labelNames: readonly string[]) {
    this.#name = name;
    this.#bounds = bounds;
    this.#series = new SeriesByLabels(labelNames, bounds.length + 1);
  }

  observe(value: number, labels?: Labels): void {
    const series = this.#series.of(labels);
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    series.counts[bucket]!++;
    series.sum += value;
  }

  samples(): Sample[] {
    const samples: Sample[] = [];
    for (const { labels, counts, sum } of this.#series.all()) {
      let count = 0;
      for (const [bucket, own] of counts.entries()) {
        count += own;
        const le = this.#bounds[bucket] ?? "+Inf";
        samples.push({ metricName: `${this.#name}_bucket`, labels: { ...labels, le }, value: count });
      }
      samples.push({ metricName: `${this.#name}_sum`, labels, value: sum });
      samples.push({ metricName: `${this.#name}_count`, labels, value: count });
    }
    return samples;
  }
}
