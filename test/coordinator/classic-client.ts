// test: a client of a classic group as the protocol wants it: it joins, syncs, sends heartbeats and commits,
// and comes back as each error code says.
import type { JoinReply, SyncReply } from "../../cluster/coordinator/classic/classic-group.ts";
import type { JoinRequest } from "../../cluster/coordinator/classic/join.ts";
import type { HeartbeatRequest, Leaver, SyncRequest } from "../../cluster/coordinator/classic/sync.ts";
import { ErrorCode, errorName } from "../../proto/errors.ts";
import type { SeededRandom } from "../replication/virtual-time.ts";
import { bytesOf } from "./group-stage.ts";

/** The group, as a client asks it; answers of those that wait come by `joined` and `synced`. */
export interface ModelWorld {
  readonly nowMs: number;
  readonly random: SeededRandom;
  join(client: ModelClient, request: Omit<JoinRequest, "token" | "newMemberId">): void;
  sync(client: ModelClient, request: Omit<SyncRequest, "token">): void;
  heartbeat(request: HeartbeatRequest): number;
  commit(request: HeartbeatRequest): number;
  leave(leaver: Leaver): number;
  assignment(generation: number, memberId: string): Uint8Array;
  hold(is: boolean, what: string): void;
  tell(text: string): void;
}

export class ModelClient {
  /** Of an instance: the same for all that claim to be it. */
  readonly name: string;
  readonly #model: ModelWorld;
  readonly #isStatic: boolean;
  readonly #apiVersion: number;
  phase: "out" | "joining" | "joined" | "syncing" | "stable" | "over" = "out";
  memberId = "";
  generation = -1;
  /** The request whose answer it waits for. */
  token: number | null = null;
  /** Since when it waits. */
  #askedMs = 0;
  #joined: JoinReply | null = null;

  constructor(model: ModelWorld, options: { name: string; isStatic: boolean; apiVersion: number }) {
    this.#model = model;
    this.name = options.name;
    this.#isStatic = options.isStatic;
    this.#apiVersion = options.apiVersion;
  }

  get #instance(): string | null {
    return this.#isStatic ? this.name : null;
  }

  /** What it would do next. */
  act(): void {
    const model = this.#model;
    // Clients give up a request that is not answered, and ask again.
    if (this.token !== null && model.nowMs - this.#askedMs > 40_000) this.lost();
    if (this.phase === "out") this.#join();
    else if (this.phase === "joined") this.#sync();
    else if (this.phase === "stable") this.#work();
  }

  #join(): void {
    this.phase = "joining";
    this.#askedMs = this.#model.nowMs;
    this.#model.tell(`${this.name} joins as "${this.memberId}"`);
    this.#model.join(this, {
      ...{ apiVersion: this.#apiVersion, memberId: this.memberId, groupInstanceId: this.#instance },
      ...{ clientId: this.name, clientHost: "/h", protocolType: "consumer" },
      protocols: [{ name: "range", metadata: bytesOf("") }],
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 20_000 },
    });
  }

  #sync(): void {
    const { generation, memberId } = this;
    const joined = this.#joined!;
    const isPlanning = joined.leader === memberId && !joined.skipAssignment;
    const members = isPlanning ? joined.members : [];
    const assignments = members.map((one) => ({
      ...{ memberId: one.memberId, assignment: this.#model.assignment(generation, one.memberId) },
    }));
    this.phase = "syncing";
    this.#askedMs = this.#model.nowMs;
    this.#model.tell(`${memberId} syncs in ${generation}`);
    const names = { protocolType: "consumer", protocolName: "range" };
    this.#model.sync(this, { ...this.#who(), ...names, assignments });
  }

  #who() {
    return { generation: this.generation, memberId: this.memberId, groupInstanceId: this.#instance };
  }

  #work(): void {
    const code = this.#model.random.chance(0.5)
      ? this.#model.heartbeat(this.#who())
      : this.#model.commit(this.#who());
    if (code !== ErrorCode.NONE) this.refused(code);
  }

  leave(): void {
    this.#model.tell(`${this.memberId} leaves`);
    this.#model.leave({ memberId: this.memberId, groupInstanceId: this.#instance });
    this.die();
  }

  die(): void {
    this.#model.tell(`${this.memberId} of ${this.name} is over`);
    this.phase = "over";
    this.token = null;
  }

  /** Nothing came back: it asks again from where it was. */
  lost(): void {
    this.token = null;
    if (this.phase === "joining") this.phase = "out";
    if (this.phase === "syncing") this.phase = "joined";
  }

  joined(reply: JoinReply): void {
    if (reply.errorCode === ErrorCode.MEMBER_ID_REQUIRED) {
      this.memberId = reply.memberId;
      this.phase = "out";
      return;
    }
    if (reply.errorCode !== ErrorCode.NONE) {
      this.refused(reply.errorCode);
      return;
    }
    this.memberId = reply.memberId;
    this.generation = reply.generationId;
    this.#joined = reply;
    this.phase = "joined";
    this.#model.tell(`${this.memberId} is in ${this.generation}, led by ${reply.leader}`);
  }

  synced(reply: SyncReply): void {
    if (reply.errorCode !== ErrorCode.NONE) {
      this.refused(reply.errorCode);
      return;
    }
    this.phase = "stable";
    const text = Buffer.from(reply.assignment).toString();
    this.#model.tell(`${this.memberId} has ${text}`);
    this.#model.hold(
      text.startsWith(`${this.generation}:${this.name}.`),
      `${this.memberId} was given "${text}"`,
    );
  }

  refused(code: number): void {
    if (this.phase === "over") return;
    this.#model.tell(`${this.memberId} of ${this.name} is told ${errorName(code)}`);
    this.token = null;
    if (code === ErrorCode.FENCED_INSTANCE_ID) {
      this.die();
      return;
    }
    if (code === ErrorCode.UNKNOWN_MEMBER_ID) this.memberId = "";
    this.phase = "out";
  }
}
