// shell: all pull streams of one broker: one to each leader it follows, one from each follower it leads.
import { limits } from "../../base/limits.ts";
import type { Clock } from "../../base/ports/clock.ts";
import type { Log } from "../../base/ports/log.ts";
import type { Random } from "../../base/ports/random.ts";
import type { Uuid } from "../../base/uuid.ts";
import type { PeerCaller, PeerStream, PullData, PullPositions } from "../../proto/peer/peer-api.ts";
import type { CatchUpPacer } from "./catch-up-pacer.ts";
import type { BrokerStanding } from "./follower-progress.ts";
import type { FollowerRole } from "./follower-role.ts";
import type { Partition } from "./partition.ts";
import { PullClient } from "./pull-client.ts";
import { PullServer } from "./pull-server.ts";
import { ReadRoom } from "./read-room.ts";
import type { ReplicationMetrics } from "./replication-metrics.ts";

export interface PullStreamsHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: ReplicationMetrics;
  readonly pacer: CatchUpPacer;
  connect(nodeId: number): PeerCaller;
  identity(): { nodeId: number; brokerEpoch: number };
  standingOf(nodeId: number): BrokerStanding;
  partition(topicId: Uuid, partition: number): Partition | undefined;
}

export class PullStreams {
  readonly #host: PullStreamsHost;
  readonly #clients = new Map<number, PullClient>();
  readonly #servers = new Set<PullServer>();
  readonly #room = new ReadRoom(limits.pullMessageBytesTarget + limits.pullPartBytesShare);
  #closed = false;

  constructor(host: PullStreamsHost) {
    this.#host = host;
  }

  /** Most records that a replica here lacks of what its leader has committed. */
  lagMax(): number {
    return Math.max(0, ...[...this.#clients.values()].map((client) => client.lagMax));
  }

  follow(role: FollowerRole): void {
    if (this.#closed) return;
    let client = this.#clients.get(role.leaderId);
    if (client === undefined) {
      client = new PullClient(this.#host, role.leaderId);
      this.#clients.set(role.leaderId, client);
    }
    client.add(role);
  }

  unfollow(role: FollowerRole): void {
    this.#clients.get(role.leaderId)?.remove(role);
  }

  durableMoved(role: FollowerRole): void {
    this.#clients.get(role.leaderId)?.durableMoved(role);
  }

  reopen(leaderId: number): void {
    this.#clients.get(leaderId)?.reopen();
  }

  reopenAll(): void {
    for (const client of this.#clients.values()) client.reopen();
  }

  serve(stream: PeerStream<PullData, PullPositions>): void {
    const { clock, log, metrics, pacer, standingOf, partition } = this.#host;
    const server: PullServer = new PullServer(
      {
        clock,
        log,
        metrics,
        pacer,
        room: this.#room,
        standingOf,
        partition,
        identified: (one) => this.#closeEarlier(one),
        closed: (one) => void this.#servers.delete(one),
      },
      stream,
    );
    if (this.#closed) server.close();
    else if (!server.isClosed) this.#servers.add(server);
  }

  /**
   * A follower that opens a second stream has given up the first, whether or not that has been noticed here.
   */
  #closeEarlier(server: PullServer): void {
    for (const other of [...this.#servers])
      if (other !== server && other.nodeId === server.nodeId) other.close();
  }

  /** After an image: positions that waited for it are answered, leaders with nothing to follow let go. */
  lookAgain(): void {
    for (const server of [...this.#servers]) server.lookAgain();
    for (const [leaderId, client] of this.#clients) {
      if (!client.isEmpty) continue;
      this.#clients.delete(leaderId);
      client.close();
    }
  }

  beat(nowMs: number): void {
    for (const client of this.#clients.values()) client.beat(nowMs);
    for (const server of [...this.#servers]) server.beat(nowMs);
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#clients.values()) client.close();
    for (const server of [...this.#servers]) server.close();
    this.#clients.clear();
  }
}
