// test: messages, effects and logs of a consensus group as short lines for scenario files.
import type { RaftEffect } from "../../cluster/raft/core/words.ts";
import { batch } from "../../proto/batch/header.ts";
import { walkBatches } from "../../proto/batch/walk.ts";
import type { RaftMessage } from "../../proto/peer/peer-api.ts";
import type { StoredBatch } from "./page-cache-log.ts";
import { type RaftMachine, textsOf } from "./raft-machine.ts";

/** `offset/epoch:value`, the values of one batch joined by `+`. */
function entryText(one: Pick<StoredBatch, "base" | "epoch" | "bytes">): string {
  return `${one.base}/${one.epoch}:${textsOf(one).join("+")}`;
}

export function entriesText(payload: Uint8Array): string {
  const entries: string[] = [];
  for (const { at, byteLength } of walkBatches(payload)) {
    const bytes = payload.subarray(at, at + byteLength);
    const epoch = batch.leaderEpoch(payload, at);
    entries.push(entryText({ base: batch.baseOffset(payload, at), epoch, bytes }));
  }
  return `[${entries.join(" ")}]`;
}

export function logText(machine: RaftMachine): string {
  const { log } = machine;
  const entries = log.batches.map((one) => entryText(one) + (one.next > log.durableEnd ? "?" : ""));
  return `${machine.id}: ${log.startOffset > 0 ? `from ${log.startOffset}: ` : ""}${entries.join(" ")}`;
}

function bodyText(message: RaftMessage): string {
  const { kind, granted, previousEnd, previousEpoch, commitEnd, round, durableEnd } = message;
  switch (kind) {
    case "vote":
    case "preVote":
      return ` log=${previousEnd}/${previousEpoch}${message.transfer ? " transfer" : ""}`;
    case "voteReply":
    case "preVoteReply":
      return granted ? " granted" : " refused";
    case "append":
      return [
        ` after=${previousEnd}/${previousEpoch}`,
        entriesText(message.payload),
        `commit=${commitEnd} round=${round}`,
      ].join(" ");
    case "appendReply":
      return granted
        ? ` agreed=${previousEnd} durable=${durableEnd} round=${round}`
        : ` refused, at most ${previousEnd}/${previousEpoch} round=${round}`;
    case "snapshot": {
      const { snapshotEnd, snapshotEpoch, piecePosition: from, payload, lastPiece } = message;
      const piece = `${from}..${from + payload.length}${lastPiece ? " last" : ""}`;
      return ` of=${snapshotEnd}/${snapshotEpoch} piece=${piece} round=${round}`;
    }
    case "snapshotReply": {
      const what = granted ? `done durable=${durableEnd}` : `wants=${message.piecePosition}`;
      return ` of=${message.snapshotEnd}/${message.snapshotEpoch} ${what} round=${round}`;
    }
    default:
      return "";
  }
}

export function messageText(message: RaftMessage): string {
  const { fromId, toId, kind, term } = message;
  return `${fromId} -> ${toId} ${kind} term=${term}${bodyText(message)}`;
}

/** Null: not worth a line (messages are shown when they leave). */
export function effectText(effect: RaftEffect): string | null {
  switch (effect.kind) {
    case "send":
    case "sendPiece":
      return null;
    case "persist": {
      const { term, vote } = effect.hardState;
      return `persist term=${term} vote=${vote?.id ?? "none"}`;
    }
    case "truncate":
      return `cut log to ${effect.to}`;
    case "appendAsFollower":
      return `append ${entriesText(effect.append.batches)}`;
    case "appendAsLeader": {
      const { content } = effect;
      return `append as leader of ${effect.term}: ${
        content.kind === "batches"
          ? [...walkBatches(content.batches)]
              .map(({ at, byteLength }) =>
                textsOf({ bytes: content.batches.subarray(at, at + byteLength) }).join("+"),
              )
              .join(" ")
          : content.kind
      }`;
    }
    case "commit":
      return `commit ${effect.end}`;
    case "leading":
      return `LEADS in ${effect.term}`;
    case "notLeading":
      return `no longer leads in ${effect.term}`;
    case "leader":
      return effect.leaderId < 0 ? "knows no leader" : `leader is ${effect.leaderId} in ${effect.term}`;
    case "storePiece":
      return `keep piece ${effect.position}..${effect.position + effect.payload.length}`;
    case "installSnapshot":
      return `install snapshot ${effect.end}/${effect.epoch}`;
    case "transferFailed":
      return "transfer failed";
    case "voterChangeEnded": {
      const { number, refusal } = effect;
      return `voter change ${number} ${refusal === null ? "committed" : `refused: ${refusal.error}`}`;
    }
    case "note":
      return effect.level === "info" ? null : `${effect.level}: ${effect.text}`;
  }
}
