// core: the counters of the Kafka door, named once.
import type { Counter, Gauge, Histogram, Metrics } from "../../base/ports/metrics.ts";

export interface DoorMetrics {
  readonly connections: Gauge;
  readonly connectionsRefused: Counter;
  readonly connectionsBroken: Counter;
  readonly requests: Counter;
  readonly requestSeconds: Histogram;
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
}

const secondsBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function doorMetrics(metrics: Metrics): DoorMetrics {
  return {
    connections: metrics.gauge("ottla_kafka_connections", "Client connections that are open"),
    connectionsRefused: metrics.counter(
      "ottla_kafka_connections_refused_total",
      "Client connections closed at once, because there were too many",
    ),
    connectionsBroken: metrics.counter(
      "ottla_kafka_connections_broken_total",
      "Client connections closed because of what came on them",
      ["reason"],
    ),
    requests: metrics.counter("ottla_kafka_requests_total", "Requests answered, by API", ["api"]),
    requestSeconds: metrics.histogram(
      "ottla_kafka_request_seconds",
      "Time from the start of a request to its answer, by API",
      secondsBuckets,
      ["api"],
    ),
    receivedBytes: metrics.counter("ottla_kafka_received_bytes_total", "Bytes received from clients"),
    sentBytes: metrics.counter("ottla_kafka_sent_bytes_total", "Bytes sent to clients"),
  };
}
