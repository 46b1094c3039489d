// test: members made of a client for Node: a child of its own for each client, all of them run alike.
import { childArguments } from "./child.ts";
import type { Client } from "./group-member.ts";
import { MemberProcess, readJsonLine } from "./member-process.ts";

/** `child`: file of the member, in this folder. */
export function nodeClient(name: string, child: string, environment: Record<string, string> = {}): Client {
  const script = new URL(child, import.meta.url).pathname;
  return {
    name,
    missing: null,
    member: (member, options = {}) =>
      new MemberProcess(member, (place) => ({
        command: process.execPath,
        args: [script, JSON.stringify(childArguments(place, options))],
        environment,
        readLine: readJsonLine,
        stopsAtSignal: false,
      })),
  };
}

export const ottla = nodeClient("ottla", "ottla-child.ts");
export const platformatic = nodeClient("@platformatic/kafka", "platformatic-child.ts");
export const kafkajs = nodeClient("kafkajs", "kafkajs-child.ts", { KAFKAJS_NO_PARTITIONER_WARNING: "1" });
