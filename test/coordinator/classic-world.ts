// test: one classic group and clients that follow its protocol, over a log that is slow and fails, answers
// that are lost, processes that die, and instances that come twice. What must always hold is checked after
// every step. The same seed gives the same run.
import { ClassicGroup, type Effect } from "../../cluster/coordinator/classic/classic-group.ts";
import { type JoinRequest, joinGroup } from "../../cluster/coordinator/classic/join.ts";
import { passTime, type StepTime } from "../../cluster/coordinator/classic/rebalance.ts";
import * as sync from "../../cluster/coordinator/classic/sync.ts";
import type { ClassicGroupRecord } from "../../cluster/coordinator/state/group-state.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { SeededRandom } from "../replication/virtual-time.ts";
import type { ModelClient, ModelWorld } from "./classic-client.ts";
import { bytesOf, groupSettings, textOf } from "./group-stage.ts";

export class ModelViolation extends Error {}

interface Asked {
  readonly client: ModelClient;
  readonly memberId: string;
}

export class ModelGroup implements ModelWorld {
  readonly random: SeededRandom;
  readonly story: string[] = [];
  readonly clients: ModelClient[] = [];
  group: ClassicGroup;
  nowMs = 0;
  /** Chances of what goes wrong; 0 while it is quiet. */
  trouble = { lost: 0.1, refused: 0.15 };
  readonly counts = { joined: 0, synced: 0, commits: 0, refused: 0, failovers: 0, generations: 0 };
  readonly #asked = new Map<number, Asked>();
  /** Records on their way, oldest first; refused ones are told of like the others, later. */
  #records: { number: number; value: ClassicGroupRecord; isRefused: boolean }[] = [];
  #committed: ClassicGroupRecord | null = null;
  #lastToken = 0;
  #lastId = 0;
  #generation = 0;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.group = new ClassicGroup("g", 0);
  }

  get time(): StepTime {
    return { nowMs: this.nowMs, wallMs: this.nowMs };
  }

  fail(what: string): never {
    throw new ModelViolation(`${what}\n${this.story.slice(-25).join("\n")}`);
  }

  hold(is: boolean, what: string): void {
    if (!is) this.fail(what);
  }

  // ---- Requests ----

  join(client: ModelClient, request: Omit<JoinRequest, "token" | "newMemberId">): number | null {
    const newMemberId = `${client.name}.${++this.#lastId}`;
    return this.#ask(client, request.memberId, (token) =>
      joinGroup(this.group, { ...request, token, newMemberId }, groupSettings, this.time),
    );
  }

  sync(client: ModelClient, request: Omit<sync.SyncRequest, "token">): number | null {
    return this.#ask(client, request.memberId, (token) =>
      sync.syncGroup(this.group, { ...request, token }, this.time),
    );
  }

  heartbeat(request: sync.HeartbeatRequest): number {
    return this.#call(() => sync.heartbeat(this.group, request, this.time));
  }

  commit(request: sync.HeartbeatRequest): number {
    const code = this.#call(() => {
      sync.checkCommit(this.group, request, this.time);
      return ErrorCode.NONE;
    });
    if (code !== ErrorCode.NONE) return code;
    this.counts.commits++;
    this.hold(request.generation === this.group.generation, "a commit of an old generation was accepted");
    this.hold(this.group.members.has(request.memberId), "a commit of a stranger was accepted");
    return code;
  }

  leave(leaver: sync.Leaver): number {
    const code = this.#call(() => sync.leaveGroup(this.group, [leaver], groupSettings, this.time)[0]!);
    const isThere = this.group.members.has(leaver.memberId);
    this.hold(code !== ErrorCode.NONE || !isThere, "a member that left is there");
    return code;
  }

  /** A token, or null when it was refused: the client was told why. */
  #ask(client: ModelClient, memberId: string, run: (token: number) => void): number | null {
    const token = ++this.#lastToken;
    this.#asked.set(token, { client, memberId });
    client.token = token;
    const code = this.#call(
      () => {
        run(token);
        return ErrorCode.NONE;
      },
      () => void this.#asked.delete(token),
    );
    if (code === ErrorCode.NONE) return token;
    client.refused(code);
    return null;
  }

  #call(run: () => number, onRefused = (): void => {}): number {
    let code: number;
    try {
      code = run();
    } catch (error) {
      if (!(error instanceof BrokerError)) throw error;
      code = error.code;
      onRefused();
    }
    if (code !== ErrorCode.NONE) this.counts.refused++;
    this.#stepped();
    return code;
  }

  // ---- Time and the log ----

  pass(ms: number): void {
    this.nowMs += ms;
    if (this.group.earliestMs > this.nowMs) return;
    passTime(this.group, groupSettings, this.time);
    this.#stepped();
  }

  /** The oldest record on its way is committed, or its refusal is told. */
  settleRecord(): boolean {
    const record = this.#records.shift();
    if (record === undefined) return false;
    const { number, value, isRefused } = record;
    if (isRefused) {
      const failed = { number, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
      sync.persistFailed(this.group, failed, groupSettings, this.time);
    } else {
      this.#committed = value;
      sync.persisted(this.group, number, this.time);
    }
    this.#stepped();
    return true;
  }

  /** Another coordinator: it has what was committed, and some of what was not. */
  failOver(): void {
    this.counts.failovers++;
    const survive = this.random.between(0, this.#records.length);
    for (const { value, isRefused } of this.#records.slice(0, survive))
      if (!isRefused) this.#committed = value;
    this.#records = [];
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    this.#reload();
    for (const { client } of asked) client.refused(ErrorCode.NOT_COORDINATOR);
  }

  #reload(): void {
    const record = this.#committed;
    this.group =
      record === null ? new ClassicGroup("g", this.nowMs) : ClassicGroup.load("g", record, this.nowMs);
    this.#generation = this.group.generation;
  }

  // ---- After every step ----

  #stepped(): void {
    for (let effects = this.group.takeEffects(); effects.length > 0; effects = this.group.takeEffects())
      for (const effect of effects) this.#carryOut(effect);
    this.#check();
    const { phase, members, pending, isPersisting, repeatAtMs } = this.group;
    const isIdle = phase === "empty" && members.size === 0 && pending.size === 0;
    if (!isIdle || isPersisting || repeatAtMs !== Number.POSITIVE_INFINITY) return;
    // The coordinator forgets it, and takes it from the log when it is asked for.
    this.hold(
      (this.#committed?.generation ?? 0) === this.group.generation,
      "the log lacks the last generation",
    );
    this.hold((this.#committed?.members.length ?? 0) === 0, "the log says that an empty group has members");
    this.#reload();
  }

  #carryOut(effect: Effect): void {
    if (effect.kind === "persist") {
      const isRefused = this.random.chance(this.trouble.refused);
      this.#records.push({ ...effect, isRefused });
      return;
    }
    const { token, reply } = effect;
    const asked = this.#asked.get(token);
    if (asked === undefined) this.fail(`request ${token} was answered twice`);
    this.#asked.delete(token);
    const { client } = asked;
    const memberId = effect.kind === "joined" ? effect.reply.memberId : asked.memberId;
    const isOk = reply.errorCode === ErrorCode.NONE;
    this.hold(!isOk || this.group.members.has(memberId), `${memberId} was answered and is no member`);
    this.counts[effect.kind] += isOk ? 1 : 0;
    if (client.token !== token || this.random.chance(this.trouble.lost)) {
      if (client.token === token) client.lost();
      return;
    }
    client.token = null;
    if (effect.kind === "joined") client.joined(effect.reply);
    else client.synced(effect.reply);
  }

  #check(): void {
    const { group } = this;
    this.hold(group.generation >= this.#generation, "the generation fell");
    this.counts.generations += group.generation - this.#generation;
    this.#generation = group.generation;
    const waiting = new Set(
      [...group.afterPersist.values()].map((effect) => (effect as { token: number }).token),
    );
    for (const { joining, syncing } of group.members.values()) {
      if (joining !== null) waiting.add(joining.token);
      if (syncing !== null) waiting.add(syncing);
    }
    for (const token of this.#asked.keys()) this.hold(waiting.has(token), `request ${token} was forgotten`);
    this.hold(waiting.size === this.#asked.size, "somebody waits who did not ask");
    this.hold(group.leader === null || group.members.has(group.leader), "the leader is no member");
    if (group.phase !== "stable") return;
    for (const { memberId, assignment } of group.members.values()) {
      const text = textOf(assignment);
      // An instance that came back has what its old id got.
      const isItsOwn = text.split(":")[1]?.split(".")[0] === memberId.split(".")[0];
      const isOfNow = text.startsWith(`${group.generation}:`);
      this.hold(isOfNow && isItsOwn, `${memberId} of generation ${group.generation} has "${text}"`);
    }
  }

  assignment(generation: number, memberId: string): Uint8Array {
    return bytesOf(`${generation}:${memberId}`);
  }

  tell(text: string): void {
    this.story.push(`${this.nowMs} ${text}`);
  }
}
