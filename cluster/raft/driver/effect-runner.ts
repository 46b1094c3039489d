// shell: carries the core's effects out, each by whoever it concerns: log, vote file, streams, snapshots, and
// the feed of the state machine.
import type { Env } from "../../../base/ports/env.ts";
import { buildLeaderChange } from "../../../proto/batch/control.ts";
import { DiskFullError } from "../../log/disk-full.ts";
import type { ReplicaLog } from "../../log/replica-log.ts";
import type { RaftCore } from "../core/step.ts";
import { buildVotersBatch } from "../core/voters-record.ts";
import type { LeaderContent, RaftEffect, RaftEvent, SnapshotMark, VoterRefusal } from "../core/words.ts";
import type { CommittedFeed } from "./committed-feed.ts";
import type { SnapshotExchange } from "./snapshot-exchange.ts";
import type { RaftTransport } from "./transport.ts";
import type { VoteWriter } from "./vote-writer.ts";

export interface EffectRunnerParts {
  readonly nodeId: number;
  readonly env: Env;
  readonly log: ReplicaLog;
  readonly core: RaftCore;
  readonly transport: RaftTransport;
  readonly feed: CommittedFeed;
  readonly voteWriter: VoteWriter;
  readonly snapshots: SnapshotExchange;
  onTransferFailed(): void;
  onVoterChangeEnded(number: number, refusal: VoterRefusal | null): void;
}

export class EffectRunner {
  private readonly parts: EffectRunnerParts;

  constructor(parts: EffectRunnerParts) {
    this.parts = parts;
  }

  /** Steps the core and carries out what comes of it; what was appended is known before the next step. */
  step(first: RaftEvent): void {
    const events = [first];
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      for (const effect of this.parts.core.step(event)) {
        const appended = this.carryOut(effect);
        if (appended !== null) events.push(appended);
      }
    }
  }

  private carryOut(effect: RaftEffect): RaftEvent | null {
    const { transport, feed, voteWriter, snapshots, log, env } = this.parts;
    switch (effect.kind) {
      case "send":
        transport.send(effect.message);
        return null;
      case "persist":
        voteWriter.write(effect.number, effect.hardState);
        return null;
      case "truncate":
        log.truncateTo(effect.to);
        return null;
      case "appendAsFollower":
        return this.unlessFull(() => {
          log.appendAsFollower(effect.append.batches);
          log.requestSync();
          return { kind: "appendedAsFollower", append: effect.append };
        });
      case "appendAsLeader":
        return this.unlessFull(() => this.appendAsLeader(effect.term, effect.content));
      case "commit":
        log.noteCommitted?.(effect.end);
        feed.add({ kind: "committed", end: effect.end });
        return null;
      case "leading":
      case "notLeading":
      case "leader":
        feed.add(effect);
        return null;
      case "sendPiece":
        snapshots.sendPiece(effect.message);
        return null;
      case "storePiece":
        snapshots.storePiece(effect);
        return null;
      case "installSnapshot":
        this.install({ end: effect.end, epoch: effect.epoch });
        return null;
      case "transferFailed":
        this.parts.onTransferFailed();
        return null;
      case "voterChangeEnded":
        this.parts.onVoterChangeEnded(effect.number, effect.refusal);
        return null;
      case "note":
        env.log[effect.level](effect.fields, effect.text);
        return null;
    }
  }

  private unlessFull(append: () => RaftEvent): RaftEvent {
    try {
      return append();
    } catch (error) {
      if (!(error instanceof DiskFullError)) throw error;
      return { kind: "noRoom" };
    }
  }

  private appendAsLeader(term: number, content: LeaderContent): RaftEvent {
    const { log } = this.parts;
    const { baseOffset, end } = log.appendAsLeader(this.build(content), { leaderEpoch: term });
    log.requestSync();
    return { kind: "appended", baseOffset, end, content };
  }

  private build(content: LeaderContent): Uint8Array {
    const { env, nodeId } = this.parts;
    const { codecs } = env;
    const timestamp = env.clock.wallMs();
    if (content.kind === "batches") return content.batches;
    if (content.kind === "voters") return buildVotersBatch({ voters: content.voters, codecs, timestamp });
    const { voters, granting: grantingVoters } = content;
    return buildLeaderChange({ leaderId: nodeId, voters, grantingVoters, codecs, timestamp });
  }

  private install(mark: SnapshotMark): void {
    const { log, feed, snapshots, env } = this.parts;
    log.truncateFullyAndStartAt(mark.end);
    log.requestSync();
    feed.add({ kind: "snapshot", ...mark, bytes: snapshots.takeReceived(mark) });
    env.log.info({ ...mark }, "the metadata log was replaced by a snapshot");
  }
}
