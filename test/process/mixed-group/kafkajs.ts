// test: members made of kafkajs.
import { childArguments } from "./child.ts";
import type { Client } from "./group-member.ts";
import { MemberProcess, readJsonLine } from "./member-process.ts";

const script = new URL("kafkajs-child.ts", import.meta.url).pathname;

export const kafkajs: Client = {
  name: "kafkajs",
  missing: null,
  member: (name, options = {}) =>
    new MemberProcess(name, (place) => ({
      command: process.execPath,
      args: [script, JSON.stringify(childArguments(place, options))],
      environment: { KAFKAJS_NO_PARTITIONER_WARNING: "1" },
      readLine: readJsonLine,
      stopsAtSignal: false,
    })),
};
