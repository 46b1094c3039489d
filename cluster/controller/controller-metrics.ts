// core: what the controller shows of the cluster, under Kafka's names.
import type { Counter, Gauge, Metrics } from "../../base/ports/metrics.ts";
import type { MetadataDelta, MetadataImage } from "../metadata/image.ts";
import { allPartitions } from "../metadata/queries.ts";
import type { ControllerEvent } from "./events.ts";

const controller = "kafka_controller_kafkacontroller_";
const stats = "kafka_controller_controllerstats_";

export class ControllerMetrics {
  readonly active: Gauge;
  readonly unclean: Counter;
  readonly #elections: Counter;
  readonly #brokers: Gauge;
  readonly #fenced: Gauge;
  readonly #topics: Gauge;
  readonly #partitions: Gauge;
  readonly #offline: Gauge;

  constructor(metrics: Metrics) {
    const gauge = (name: string, help: string): Gauge => metrics.gauge(`${controller}${name}`, help);
    this.active = gauge("activecontrollercount", "1 on the active controller, 0 on the others");
    this.unclean = metrics.counter(
      `${stats}uncleanleaderelections_total`,
      "Leaders elected that may lack committed records",
    );
    this.#elections = metrics.counter(`${stats}leaderelections_total`, "Partitions that got another leader");
    this.#brokers = gauge("activebrokercount", "Registered brokers that are not fenced");
    this.#fenced = gauge("fencedbrokercount", "Registered brokers that are fenced");
    this.#topics = gauge("globaltopiccount", "Topics of the cluster");
    this.#partitions = gauge("globalpartitioncount", "Partitions of the cluster");
    this.#offline = gauge("offlinepartitionscount", "Partitions that nobody leads");
  }

  /** On every controller, active or not. */
  look(image: MetadataImage, delta: MetadataDelta): void {
    if (delta.brokers.size > 0) {
      const fenced = [...image.brokers.values()].filter((broker) => broker.fenced).length;
      this.#fenced.set(fenced);
      this.#brokers.set(image.brokers.size - fenced);
    }
    if (delta.partitions.size + delta.removedTopics.size === 0) return;
    let partitions = 0;
    let offline = 0;
    for (const { leader } of allPartitions(image)) {
      partitions++;
      if (leader < 0) offline++;
    }
    this.#topics.set(image.topics.size);
    this.#partitions.set(partitions);
    this.#offline.set(offline);
  }

  /** On the active one. */
  told(event: ControllerEvent): void {
    if (event.kind === "leader-moved" && event.detail.to >= 0) this.#elections.add(1);
  }
}
