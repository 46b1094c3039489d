// test: members made of kcat, which is librdkafka with a command line. What it was assigned and what it sends
// it says in its debug output only.
import { spawnSync } from "node:child_process";
import { childArguments, commitIntervalMs, heartbeatIntervalMs } from "./child.ts";
import type { Client, GroupPlace, MemberOptions } from "./group-member.ts";
import { type LineReader, type MemberEvent, MemberProcess } from "./member-process.ts";

const isInstalled = spawnSync("kcat", ["-V"]).status === 0;

export const kcat: Client = {
  name: "kcat",
  missing: isInstalled ? null : "kcat is not installed (apt-get install kcat)",
  member: (name, options = {}) =>
    new MemberProcess(name, (place) => ({
      command: "kcat",
      args: kcatArguments(place, options),
      readLine: kcatLines(),
      stopsAtSignal: true,
    })),
};

function kcatArguments(place: GroupPlace, options: MemberOptions): string[] {
  const { bootstrap, group, topic, assignor, sessionTimeoutMs, instanceId } = childArguments(place, options);
  const settings = {
    "auto.offset.reset": "earliest",
    "partition.assignment.strategy": assignor,
    "session.timeout.ms": sessionTimeoutMs,
    "max.poll.interval.ms": sessionTimeoutMs,
    "heartbeat.interval.ms": heartbeatIntervalMs,
    "auto.commit.interval.ms": commitIntervalMs,
    "reconnect.backoff.max.ms": 500,
    "fetch.wait.max.ms": 100,
    ...(instanceId === undefined ? {} : { "group.instance.id": instanceId }),
  };
  const set = Object.entries(settings).flatMap(([name, value]) => ["-X", `${name}=${value}`]);
  // -E: what librdkafka tries again by itself is no reason to end.
  return [
    "-b",
    bootstrap,
    "-G",
    group,
    "-E",
    "-u",
    "-f",
    "=%p %o %s\n",
    "-d",
    "cgrp,protocol",
    ...set,
    topic,
  ];
}

const recordLine = /^=(\d+) (\d+) (.*)$/;
const sentLine = /Sent (\w+)Request \(v(\d+),/;
const generationLine = /JoinGroup response: GenerationId (\d+),/;
const eagerLine = /^% Group .* rebalanced \(memberid .*\): (assigned|revoked): (.*)$/;
const cooperativeLine = /^% Group .* rebalanced: incremental (assignment|revoke) of .*\): (.*)$/;

/** Of one process: what is assigned stands over several lines. */
export function kcatLines(): LineReader {
  let generation: number | null = null;
  const owned = new Set<number>();
  const rebalanced = (change: string, isFull: boolean, list: string): MemberEvent => {
    const partitions = [...list.matchAll(/\[(\d+)\]/g)].map((found) => Number(found[1]));
    if (isFull) owned.clear();
    for (const partition of partitions) {
      if (change === "assigned") owned.add(partition);
      else owned.delete(partition);
    }
    if (change === "revoked" && owned.size === 0) return { kind: "revoked" };
    return { kind: "assigned", partitions: [...owned].sort((a, b) => a - b), generation };
  };
  return (line) => {
    const record = recordLine.exec(line);
    if (record !== null) {
      const [, partition, offset, value] = record;
      return { kind: "record", partition: Number(partition), offset: Number(offset), value: value! };
    }
    const sent = sentLine.exec(line);
    if (sent !== null) return { kind: "request", api: sent[1]!, version: Number(sent[2]) };
    const joined = generationLine.exec(line);
    if (joined !== null) generation = Number(joined[1]);
    const eager = eagerLine.exec(line);
    if (eager !== null) return rebalanced(eager[1]!, true, eager[2]!);
    const cooperative = cooperativeLine.exec(line);
    if (cooperative !== null)
      return rebalanced(cooperative[1] === "assignment" ? "assigned" : "revoked", false, cooperative[2]!);
    return line.startsWith("%7|") ? { kind: "noise" } : null;
  };
}
