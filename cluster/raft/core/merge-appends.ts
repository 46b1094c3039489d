// core: messages that came in one turn: appends that follow each other become one, so that the log is written
// to once. To the follower it is as if the leader had sent them together.
import { limits } from "../../../base/limits.ts";
import type { RaftMessage } from "../../../proto/peer/peer-api.ts";
import { spansOf } from "./log-facts.ts";

interface Run {
  readonly messages: RaftMessage[];
  end: number;
  bytes: number;
}

export function mergeAppends(messages: readonly RaftMessage[]): RaftMessage[] {
  const merged: RaftMessage[] = [];
  let run: Run | null = null;
  for (const message of messages) {
    const end = message.kind === "append" ? endOf(message) : null;
    if (run !== null && end !== null && follows(run, message)) {
      run.messages.push(message);
      run.end = end;
      run.bytes += message.payload.length;
      continue;
    }
    if (run !== null) merged.push(joined(run));
    run = end === null ? null : { messages: [message], end, bytes: message.payload.length };
    if (end === null) merged.push(message);
  }
  if (run !== null) merged.push(joined(run));
  return merged;
}

/** Null: not something to be merged. */
function endOf({ payload, previousEnd }: RaftMessage): number | null {
  if (payload.length === 0) return previousEnd;
  return spansOf(payload, previousEnd)?.at(-1)?.next ?? null;
}

function follows(run: Run, message: RaftMessage): boolean {
  const first = run.messages[0]!;
  return (
    message.fromId === first.fromId &&
    message.fromDirectoryId === first.fromDirectoryId &&
    message.term === first.term &&
    message.previousEnd === run.end &&
    run.bytes + message.payload.length <= limits.peerMessageBytesMax
  );
}

function joined({ messages }: Run): RaftMessage {
  const [first] = messages;
  const last = messages.at(-1)!;
  if (messages.length === 1) return first!;
  const payloads = messages.map(({ payload }) => payload).filter((payload) => payload.length > 0);
  const payload = payloads.length === 1 ? payloads[0]! : Buffer.concat(payloads);
  const commitEnd = Math.max(...messages.map((message) => message.commitEnd));
  return { ...first!, payload, commitEnd, round: last.round };
}
