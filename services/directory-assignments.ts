// shell: tells the controller in which log directory each replica of this broker is, wherever the metadata
// does not say so yet. A wake carries nothing: what is to be told is found by comparing the image with the
// disk.
//
// Keeps true: a directory that failed is reported as failed only once the metadata says of every replica in
// it that it is there (`isTold`). So a replica of which the metadata does not know where it is, is in none
// that was reported.
import { Backoff } from "../base/backoff.ts";
import { limits } from "../base/limits.ts";
import type { Clock } from "../base/ports/clock.ts";
import type { Log } from "../base/ports/log.ts";
import type { Random } from "../base/ports/random.ts";
import type { Uuid } from "../base/uuid.ts";
import type { MetadataDelta, MetadataImage, PartitionImage } from "../cluster/metadata/image.ts";
import { directoryOf } from "../cluster/metadata/queries.ts";
import { BrokerError, ErrorCode } from "../proto/errors.ts";
import { apis, type RequestOf } from "../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../proto/kafka/codec.ts";

type Request = RequestOf<"AssignReplicasToDirs">;

export interface DirectoryAssignmentsOptions {
  readonly nodeId: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  image(): MetadataImage;
  /** Of this process's registration; -1: there is none yet. */
  brokerEpoch(): number;
  /** Null: there is no log of it here. */
  placeOf(topicId: Uuid, partition: number): Uuid | null;
  forward(request: {
    apiKey: number;
    apiVersion: number;
    body: Uint8Array;
    timeoutMs: number;
  }): Promise<Uint8Array>;
  /** What was to be told has been told. */
  onTold(): void;
}

interface Assignment {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly directoryId: Uuid;
}

const timeoutMs = 2_000;
const apiVersion = 0;

export class DirectoryAssignments {
  readonly #options: DirectoryAssignmentsOptions;
  readonly #backoff: Backoff;
  /** By topic id and partition. Bounded by the replicas of this broker. */
  readonly #untold = new Map<string, Assignment>();
  /** Opened since, and not compared with the metadata yet. */
  readonly #opened = new Map<string, { topicId: Uuid; partition: number }>();
  #isBusy = false;
  #isStopped = false;

  constructor(options: DirectoryAssignmentsOptions) {
    this.#options = options;
    this.#backoff = new Backoff({ baseMs: 10, maxMs: 500 }, options.random);
  }

  stop(): void {
    this.#isStopped = true;
  }

  /** The metadata knows of every replica in this directory that it is there. */
  isTold(directoryId: Uuid): boolean {
    this.#compareOpened();
    for (const one of this.#untold.values()) if (one.directoryId === directoryId) return false;
    return true;
  }

  /** The log of this replica was opened, or made. */
  opened(topicId: Uuid, partition: number): void {
    this.#opened.set(`${topicId}/${partition}`, { topicId, partition });
    this.#schedule();
  }

  /** The broker is registered: it may tell now. */
  registered(): void {
    this.#schedule();
  }

  /** After an image was applied to the replicas, and published. */
  look(delta: MetadataDelta): void {
    const had = this.#untold.size;
    const { topics } = this.#options.image();
    for (const [key, { topicId, partition }] of [...this.#untold])
      if (topics.get(topicId)?.partitions[partition] === undefined) this.#untold.delete(key);
    for (const [topicId, changed] of delta.partitions)
      for (const index of changed) this.#compare(topics.get(topicId)?.partitions[index]);
    if (this.#untold.size > 0) this.#schedule();
    else if (had > 0) this.#options.onTold();
  }

  #compareOpened(): void {
    const { topics } = this.#options.image();
    for (const { topicId, partition } of this.#opened.values())
      this.#compare(topics.get(topicId)?.partitions[partition]);
    this.#opened.clear();
  }

  #compare(partition: PartitionImage | undefined): void {
    if (partition === undefined) return;
    const { nodeId, placeOf } = this.#options;
    const { topicId, partition: index } = partition;
    const key = `${topicId}/${index}`;
    const isHere = partition.replicas.includes(nodeId);
    const directoryId = isHere ? placeOf(topicId, index) : null;
    if (directoryId === null || directoryOf(partition, nodeId) === directoryId) this.#untold.delete(key);
    else this.#untold.set(key, { topicId, partition: index, directoryId });
  }

  #schedule(): void {
    if (this.#isBusy || this.#isStopped || this.#options.brokerEpoch() < 0) return;
    this.#isBusy = true;
    this.#options.clock.endOfTurn(() => void this.#tell());
  }

  async #tell(): Promise<void> {
    this.#compareOpened();
    const batch = [...this.#untold.entries()].slice(0, limits.alterPartitionItemsMax);
    const isDone = await this.#send(batch.map(([, one]) => one));
    if (isDone) this.#backoff.reset();
    // What was accepted goes when its record comes.
    this.#options.clock.after(this.#backoff.nextMs(), () => {
      this.#isBusy = false;
      if (this.#untold.size + this.#opened.size > 0) this.#schedule();
    });
  }

  async #send(assignments: readonly Assignment[]): Promise<boolean> {
    const { AssignReplicasToDirs } = apis;
    const { forward, log } = this.#options;
    if (assignments.length === 0) return true;
    try {
      const body = encodeMessage(AssignReplicasToDirs.request, apiVersion, this.#requestOf(assignments));
      const answer = await forward({ apiKey: AssignReplicasToDirs.key, apiVersion, body, timeoutMs });
      const { errorCode, directories } = decodeMessage(AssignReplicasToDirs.response, apiVersion, answer);
      if (errorCode !== ErrorCode.NONE) throw BrokerError.fromCode(errorCode);
      for (const { topics } of directories)
        for (const { topicId, partitions } of topics)
          for (const { partitionIndex, errorCode: code } of partitions)
            if (code !== ErrorCode.NONE) this.#untold.delete(`${topicId}/${partitionIndex}`);
      return true;
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      log.debug({ error: error.message }, "could not tell the controller where replicas are; trying again");
      return false;
    }
  }

  #requestOf(assignments: readonly Assignment[]): Request {
    const byDirectory = new Map<Uuid, Map<Uuid, { partitionIndex: number }[]>>();
    for (const { directoryId, topicId, partition: partitionIndex } of assignments) {
      const topics = byDirectory.get(directoryId) ?? new Map<Uuid, { partitionIndex: number }[]>();
      byDirectory.set(directoryId, topics);
      const partitions = topics.get(topicId) ?? [];
      topics.set(topicId, partitions);
      partitions.push({ partitionIndex });
    }
    const { nodeId: brokerId, brokerEpoch } = this.#options;
    const directories = [...byDirectory].map(([id, topics]) => ({
      id,
      topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })),
    }));
    return { brokerId, brokerEpoch: brokerEpoch(), directories };
  }
}
