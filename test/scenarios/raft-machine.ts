// test: one node around a consensus core: carries its effects out on a disk that can lose what was not
// synced, and keeps a small state machine (the list of values). What survives a crash stands in `disk`.
import { realCodecs } from "../../base/real/codecs.ts";
import { RaftCore } from "../../cluster/raft/core/step.ts";
import { buildVotersBatch } from "../../cluster/raft/core/voters-record.ts";
import type {
  HardState,
  LeaderContent,
  RaftEffect,
  RaftEvent,
  RaftTicks,
  Voter,
} from "../../cluster/raft/core/words.ts";
import { buildBatch } from "../../proto/batch/build.ts";
import { buildLeaderChange } from "../../proto/batch/control.ts";
import { batch } from "../../proto/batch/header.ts";
import { readBatches } from "../../proto/batch/read.ts";
import type { RaftMessage } from "../../proto/peer/peer-api.ts";
import { PageCacheLog, type StoredBatch } from "./page-cache-log.ts";

const codecs = realCodecs;

export interface Applied {
  readonly offset: number;
  readonly epoch: number;
  readonly value: string;
}

interface StoredSnapshot {
  readonly end: number;
  readonly epoch: number;
  readonly voters: readonly Voter[] | null;
  readonly bytes: Uint8Array;
}

export interface MachineOptions {
  readonly id: number;
  readonly directoryId: string;
  readonly voters: readonly Voter[];
  readonly ticks: RaftTicks;
  readonly random: (below: number) => number;
  readonly pieceBytes: number;
  /** For checkers: its copies count. */
  readonly isVoter: boolean;
  /** Called for each message, when it may leave. */
  send(message: RaftMessage): void;
  /** Called with each effect before it is carried out. */
  onEffect(machine: RaftMachine, effect: RaftEffect): void;
}

export const clusterId = "scenario";

export function dataBatch(values: readonly string[]): Uint8Array {
  const records = values.map((text) => ({ key: null, value: Buffer.from(text), timestamp: 0 }));
  return buildBatch({ codecs, records });
}

/** Values of a batch; of a control batch a mark in angle brackets. */
export function textsOf({ bytes }: Pick<StoredBatch, "bytes">): string[] {
  const [one] = [...readBatches(bytes, codecs)];
  if (one!.isControl) {
    const type = one!.records[0]!.key![3];
    return [type === 2 ? "<leader>" : type === 6 ? "<voters>" : `<control ${type}>`];
  }
  return one!.records.map(({ value }) => Buffer.from(value!).toString());
}

export class RaftMachine {
  readonly id: number;
  options: MachineOptions;
  /** Null while it is down. */
  core: RaftCore | null = null;
  log = new PageCacheLog();
  applied: Applied[] = [];
  appliedEnd = 0;
  /** Leads, and has committed in its term. */
  leadsIn: number | null = null;
  disk: { hardState: HardState; snapshot: StoredSnapshot | null } = {
    hardState: { term: 0, vote: null },
    snapshot: null,
  };
  /** Held back until `sync` and `persist` are called. */
  syncsByHand = false;
  persistsByHand = false;
  private persisting: { number: number; hardState: HardState }[] = [];
  private incoming: Uint8Array[] = [];
  private storing: StoredSnapshot | null = null;
  storesByHand = false;
  private events: RaftEvent[] = [];
  private isStepping = false;

  constructor(options: MachineOptions) {
    this.id = options.id;
    this.options = options;
  }

  get isUp(): boolean {
    return this.core !== null;
  }

  get hasUnsynced(): boolean {
    return this.log.durableEnd < this.log.end;
  }

  get isPersisting(): boolean {
    return this.persisting.length > 0;
  }

  get isStoring(): boolean {
    return this.storing !== null;
  }

  start(): void {
    const { snapshot, hardState } = this.disk;
    const { id, directoryId, voters, ticks, random } = this.options;
    const mark = { end: snapshot?.end ?? 0, epoch: snapshot?.epoch ?? -1 };
    const { log } = this;
    const holds = mark.end === log.startOffset || log.epochAt(mark.end - 1) === mark.epoch;
    if (mark.end > log.end || !holds) log.startAnewAt(mark.end);
    this.applied = snapshot === null ? [] : decodeState(snapshot.bytes);
    this.appliedEnd = mark.end;
    this.core = new RaftCore({
      nodeId: id,
      directoryId,
      clusterId,
      ticks,
      log,
      codecs,
      random,
      hardState,
      configuredVoters: voters,
      snapshot: mark,
      snapshotVoters: snapshot?.voters ?? null,
    });
  }

  /** Steps, carries the effects out, and steps with what came of them, until nothing more comes. */
  step(event: RaftEvent): void {
    // What was written must be known before anything else happens.
    if (event.kind === "appended") this.events.unshift(event);
    else this.events.push(event);
    if (this.isStepping) return;
    this.isStepping = true;
    try {
      for (let next = this.events.shift(); next !== undefined; next = this.events.shift()) {
        for (const effect of this.core?.step(next) ?? []) this.carryOut(effect);
      }
    } finally {
      this.isStepping = false;
    }
  }

  propose(values: readonly string[]): boolean {
    const { core } = this;
    if (core === null || this.leadsIn === null || !core.accepts(this.leadsIn)) return false;
    this.step({ kind: "propose", term: this.leadsIn, batches: dataBatch(values) });
    return true;
  }

  /** The disk catches up. */
  sync(): void {
    if (this.log.sync()) this.step({ kind: "durable" });
  }

  persist(): void {
    const last = this.persisting.at(-1);
    if (last === undefined) return;
    this.persisting = [];
    this.disk.hardState = last.hardState;
    this.step({ kind: "persisted", number: last.number });
  }

  store(): void {
    const { storing } = this;
    this.storing = null;
    if (storing === null) return;
    const { end, epoch, voters } = storing;
    this.disk.snapshot = storing;
    this.step({ kind: "snapshotReceived", end, epoch, voters });
  }

  /** `keep`: how much of what was not synced survives; a hard state being written survives if it is > 0.5. */
  crash(keep: number): void {
    if (keep > 0.5 && this.persisting.length > 0) this.disk.hardState = this.persisting.at(-1)!.hardState;
    if (keep > 0.5 && this.storing !== null) this.disk.snapshot = this.storing;
    this.persisting = [];
    this.incoming = [];
    this.storing = null;
    this.core = null;
    this.leadsIn = null;
    this.log.crash(keep);
  }

  /** Takes a snapshot of what is applied and drops the log but for `trailing` batches before it. */
  compact(trailing: number): void {
    const { core, appliedEnd, log } = this;
    if (core === null || appliedEnd <= core.state.snapshot.end) return;
    const epoch = core.state.epochBefore(appliedEnd)!;
    const voters = core.recordedVotersAt(appliedEnd)?.voters ?? null;
    this.disk.snapshot = { end: appliedEnd, epoch, voters, bytes: encodeState(this.applied) };
    this.step({ kind: "snapshotSaved", end: appliedEnd, epoch });
    const covered = log.batches.filter((one) => one.next <= appliedEnd);
    log.raiseStart(covered.at(-trailing)?.base ?? appliedEnd);
    if (trailing === 0) log.raiseStart(appliedEnd);
  }

  private carryOut(effect: RaftEffect): void {
    this.options.onEffect(this, effect);
    switch (effect.kind) {
      case "send":
        this.options.send(effect.message);
        break;
      case "persist":
        this.persisting.push(effect);
        if (!this.persistsByHand) this.persist();
        break;
      case "truncate":
        this.log.truncateTo(effect.to);
        break;
      case "appendAsFollower":
        this.log.appendAsFollower(effect.append.batches);
        this.step({ kind: "appendedAsFollower", append: effect.append });
        if (!this.syncsByHand) this.sync();
        break;
      case "appendAsLeader": {
        const range = this.log.appendAsLeader(this.build(effect.content), effect.term);
        this.step({ kind: "appended", ...range, content: effect.content });
        if (!this.syncsByHand) this.sync();
        break;
      }
      case "commit":
        this.apply(effect.end);
        break;
      case "leading":
        this.leadsIn = effect.term;
        break;
      case "notLeading":
        this.leadsIn = null;
        break;
      case "sendPiece":
        this.sendPiece(effect.message);
        break;
      case "storePiece":
        this.storePiece(effect);
        break;
      case "installSnapshot":
        this.log.startAnewAt(effect.end);
        this.applied = decodeState(this.disk.snapshot!.bytes);
        this.appliedEnd = effect.end;
        break;
    }
  }

  private build(content: LeaderContent): Uint8Array {
    if (content.kind === "batches") return content.batches;
    if (content.kind === "voters") return buildVotersBatch({ voters: content.voters, codecs, timestamp: 0 });
    const { voters, granting } = content;
    return buildLeaderChange({
      leaderId: this.id,
      voters,
      grantingVoters: granting,
      codecs,
      timestamp: 0,
    });
  }

  private apply(end: number): void {
    while (this.appliedEnd < end) {
      const one = this.log.at(this.appliedEnd)!;
      if (!batch.isControl(one.bytes, 0)) {
        textsOf(one).forEach((value, index) => {
          this.applied.push({ offset: one.base + index, epoch: one.epoch, value });
        });
      }
      this.appliedEnd = one.next;
    }
  }

  private sendPiece(message: RaftMessage): void {
    const { snapshot } = this.disk;
    const { pieceBytes } = this.options;
    const from = message.piecePosition;
    if (snapshot?.end !== message.snapshotEnd || from >= wrap(snapshot).length) {
      this.step({ kind: "snapshotUnavailable", to: message.toId });
      return;
    }
    const payload = wrap(snapshot).subarray(from, from + pieceBytes);
    this.options.send({ ...message, payload, lastPiece: from + payload.length === wrap(snapshot).length });
  }

  private storePiece(piece: {
    end: number;
    epoch: number;
    position: number;
    payload: Uint8Array;
    last: boolean;
  }): void {
    const { end, epoch, position, payload, last } = piece;
    if (position === 0) this.incoming = [];
    this.incoming.push(payload);
    if (!last) return;
    const { voters, bytes } = unwrap(Buffer.concat(this.incoming));
    this.incoming = [];
    this.storing = { end, epoch, voters, bytes };
    if (!this.storesByHand) this.store();
  }
}

function encodeState(applied: readonly Applied[]): Uint8Array {
  return Buffer.from(JSON.stringify(applied));
}

function decodeState(bytes: Uint8Array): Applied[] {
  return JSON.parse(Buffer.from(bytes).toString());
}

function wrap({ voters, bytes }: StoredSnapshot): Uint8Array {
  return Buffer.from(JSON.stringify({ voters, state: Buffer.from(bytes).toString() }));
}

function unwrap(bytes: Uint8Array): { voters: readonly Voter[] | null; bytes: Uint8Array } {
  const { voters, state } = JSON.parse(Buffer.from(bytes).toString());
  return { voters, bytes: Buffer.from(state) };
}
