// shell: what a consensus node shows of itself to Prometheus.
import type { Counter, Gauge, Metrics } from "../../../base/ports/metrics.ts";
import type { RaftState } from "../core/state.ts";

export class RaftMetrics {
  private readonly term: Gauge;
  private readonly leads: Gauge;
  private readonly commitEnd: Gauge;
  private readonly logEnd: Gauge;
  private readonly appliedEnd: Gauge;
  private readonly elections: Counter;
  private electedTerm = -1;

  constructor(metrics: Metrics) {
    this.term = metrics.gauge("kafka_server_raft_metrics_current_epoch", "Term of the metadata consensus.");
    this.leads = metrics.gauge("ottla_raft_is_leader", "1 on the node that leads the metadata consensus.");
    this.commitEnd = metrics.gauge(
      "kafka_server_raft_metrics_high_watermark",
      "End (exclusive) of the committed metadata log.",
    );
    this.logEnd = metrics.gauge("kafka_server_raft_metrics_log_end_offset", "End of the metadata log here.");
    this.appliedEnd = metrics.gauge(
      "ottla_raft_applied_end",
      "End (exclusive) of the metadata applied here.",
    );
    this.elections = metrics.counter("ottla_raft_elections_won_total", "Elections that this node won.");
  }

  update(state: RaftState, appliedEnd: number): void {
    const isLeader = state.role === "leader";
    if (isLeader && state.term !== this.electedTerm) this.elections.add(1);
    if (isLeader) this.electedTerm = state.term;
    this.term.set(state.term);
    this.leads.set(isLeader ? 1 : 0);
    this.commitEnd.set(state.commitEnd);
    this.logEnd.set(state.log.end);
    this.appliedEnd.set(appliedEnd);
  }
}
