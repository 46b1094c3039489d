// shell: what has to be asked of the cluster about positions: is what was read still in the new leader's log
// (KIP-320), and where to go on when the position is not in the log.
import type { ClientEnv } from "../../base/ports/env.ts";
import { ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { listOffsets, listOffsetsAt, type OffsetAnswer, type OffsetQuery } from "../cluster/list-offsets.ts";
import type { PartitionInfo } from "../cluster/metadata-cache.ts";
import { brokerError, ClientError, LogTruncationError, OffsetOutOfRangeError } from "../errors.ts";
import type { ConsumerSettings } from "./consumer-options.ts";
import type { PartitionReader } from "./partition-reader.ts";

/** How long leaders may say that a position is beyond their end before they are believed. */
const deposedLeaderMs = 5_000;

export class PositionCheck {
  readonly #env: ClientEnv;
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;

  constructor(env: ClientEnv, cluster: Cluster, settings: ConsumerSettings) {
    this.#env = env;
    this.#cluster = cluster;
    this.#settings = settings;
  }

  lookUp(queries: readonly OffsetQuery[]): Promise<OffsetAnswer[]> {
    const { apiTimeoutMs: timeoutMs, retryBackoffMs, retryBackoffMaxMs, isolation } = this.#settings;
    const isCommittedOnly = isolation === "readCommitted";
    const options = { isCommittedOnly, timeoutMs, retryBackoffMs, retryBackoffMaxMs };
    return listOffsets(this.#env, this.#cluster, queries, options);
  }

  /**
   * Checks the reader's position against the log of a new leader. Throws LogTruncationError when records that
   * were read are gone; what was only fetched is fetched again. Throws retriable errors when it cannot be
   * told.
   */
  async againstLeader(reader: PartitionReader, info: PartitionInfo): Promise<void> {
    const { generation, fetchEpoch } = reader;
    const leaderEpoch = info.leaderEpoch;
    const place = `check the position in ${reader.topic}-${reader.partition}`;
    const partition = {
      partition: reader.partition,
      currentLeaderEpoch: leaderEpoch,
      leaderEpoch: fetchEpoch,
    };
    const body = { replicaId: -1, topics: [{ topic: reader.topic, partitions: [partition] }] };
    let end: { epoch: number; offset: number };
    try {
      const { OffsetForLeaderEpoch: api } = apis;
      const answer = await this.#cluster.toBroker(info.leader, "control", api, body, {
        versions: { min: 2 },
      });
      const row = answer.topics[0]?.partitions[0];
      if (row === undefined) throw new ClientError("MALFORMED_ANSWER", `${place}: the answer is empty`);
      if (row.errorCode !== ErrorCode.NONE) throw brokerError(place, row.errorCode);
      end = { epoch: row.leaderEpoch, offset: row.endOffset };
    } catch (error) {
      const isUnsupported = error instanceof ClientError && error.code === "UNSUPPORTED_BY_BROKER";
      if (!isUnsupported) throw error;
      end = { epoch: -1, offset: -1 };
    }
    if (reader.generation !== generation) return;
    reader.checkedEpoch = leaderEpoch;
    // -1: the leader does not know so old an epoch; whether the offset is in range the next fetch tells.
    if (end.offset < 0 || end.offset >= reader.fetchOffset) return;
    if (reader.position <= end.offset) {
      reader.rewind();
      return;
    }
    const { topic, partition: number, position: offset } = reader;
    throw new LogTruncationError({ topic, partition: number, offset }, end);
  }

  /**
   * The topic is another one than before, of the same name: its offsets mean other records. Goes on at its
   * start, of which nothing was read, or throws ClientError TOPIC_REPLACED.
   */
  async replaced(reader: PartitionReader): Promise<void> {
    const { topic, partition, generation, position } = reader;
    if (this.#settings.offsetReset === "error") {
      const text = `read ${topic}-${partition} at offset ${position}: the topic was deleted and made again`;
      throw new ClientError("TOPIC_REPLACED", text);
    }
    const [start] = await this.lookUp([{ topic, partition, timestamp: listOffsetsAt.earliest }]);
    if (reader.generation !== generation) return;
    this.#env.log.warn({ topic, partition, to: start!.offset }, "the topic was made again, reading it anew");
    reader.seek(start!.offset, start!.leaderEpoch);
  }

  /**
   * The position is not in the log: goes on where `offsetReset` says, or throws OffsetOutOfRangeError. A
   * leader that was deposed and has not heard of it ends before what others have committed since: it is not
   * believed at once, but asked again (retriable OFFSET_NOT_AVAILABLE) with metadata of other brokers.
   */
  async outOfRange(reader: PartitionReader): Promise<void> {
    const { topic, partition, generation, fetchOffset } = reader;
    const [start, end] = await this.lookUp([
      { topic, partition, timestamp: listOffsetsAt.earliest },
      { topic, partition, timestamp: listOffsetsAt.latest },
    ]);
    if (reader.generation !== generation) return;
    // It was true then; by now (a leader that knew less) it may not be.
    if (fetchOffset >= start!.offset && fetchOffset <= end!.offset) return;
    if (fetchOffset > end!.offset && this.#mayBeDeposed(reader)) {
      throw brokerError(
        `read ${topic}-${partition} at offset ${fetchOffset}`,
        ErrorCode.OFFSET_NOT_AVAILABLE,
      );
    }
    if (this.#settings.offsetReset === "error") {
      throw new OffsetOutOfRangeError({ topic, partition, offset: fetchOffset }, start!.offset, end!.offset);
    }
    const to = this.#settings.offsetReset === "earliest" ? start! : end!;
    const facts = { topic, partition, from: fetchOffset, to: to.offset };
    this.#env.log.warn(facts, "the position is out of range, reading goes on elsewhere");
    reader.seek(to.offset, to.leaderEpoch);
  }

  #mayBeDeposed(reader: PartitionReader): boolean {
    const nowMs = this.#env.clock.monotonicMs();
    reader.beyondEndSinceMs ??= nowMs;
    return nowMs - reader.beyondEndSinceMs < Math.min(deposedLeaderMs, this.#settings.apiTimeoutMs);
  }
}
