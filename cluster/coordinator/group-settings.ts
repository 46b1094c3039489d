// port: the settings of groups, by Kafka's names in services/config. Times in ms.

export interface GroupSettings {
  /** group.initial.rebalance.delay.ms */
  readonly initialRebalanceDelayMs: number;
  /** group.min.session.timeout.ms, group.max.session.timeout.ms */
  readonly sessionTimeoutMinMs: number;
  readonly sessionTimeoutMaxMs: number;
  /** group.max.size */
  readonly groupSizeMax: number;
  /** group.consumer.session.timeout.ms, group.consumer.heartbeat.interval.ms, group.consumer.max.size */
  readonly consumerSessionTimeoutMs: number;
  readonly consumerHeartbeatIntervalMs: number;
  readonly consumerGroupSizeMax: number;
  /** group.consumer.assignors: the first is the default. */
  readonly consumerAssignors: readonly string[];
  /** group.consumer.migration.policy */
  readonly consumerMigrationPolicy: "bidirectional" | "upgrade" | "downgrade" | "disabled";
  /** group.coordinator.rebalance.protocols */
  readonly consumerProtocolEnabled: boolean;
  /** offsets.commit.timeout.ms */
  readonly offsetsCommitTimeoutMs: number;
  /** offset.metadata.max.bytes */
  readonly offsetMetadataBytesMax: number;
  /** offsets.retention.minutes, as ms; offsets.retention.check.interval.ms */
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
}
