// core: the counters of the Kafka door, named once.
import type { Counter, Gauge, Histogram, Metrics } from "../../base/ports/metrics.ts";

export interface DoorMetrics {
  readonly connections: Gauge;
  readonly connectionsRefused: Counter;
  readonly connectionsBroken: Counter;
  readonly requests: Counter;
  readonly requestMs: Histogram;
  readonly requestErrors: Counter;
  readonly receivedBytes: Counter;
  readonly sentBytes: Counter;
}

const msBuckets = [0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 10_000];

export function doorMetrics(metrics: Metrics): DoorMetrics {
  return {
    connections: metrics.gauge(
      "kafka_server_socket_server_metrics_connection_count",
      "Client connections that are open",
    ),
    connectionsRefused: metrics.counter(
      "ottla_kafka_connections_refused_total",
      "Client connections closed at once, because there were too many",
    ),
    connectionsBroken: metrics.counter(
      "ottla_kafka_connections_broken_total",
      "Client connections closed because of what came on them",
      ["reason"],
    ),
    requests: metrics.counter("kafka_network_requestmetrics_requests_total", "Requests answered, by API", [
      "request",
    ]),
    requestMs: metrics.histogram(
      "kafka_network_requestmetrics_totaltimems",
      "Time from the start of a request to its answer, by API, ms",
      msBuckets,
      ["request"],
    ),
    requestErrors: metrics.counter(
      "kafka_network_requestmetrics_errors_total",
      "Requests that failed as a whole, by API and error",
      ["request", "error"],
    ),
    receivedBytes: metrics.counter("ottla_kafka_received_bytes_total", "Bytes received from clients"),
    sentBytes: metrics.counter("ottla_kafka_sent_bytes_total", "Bytes sent to clients"),
  };
}
