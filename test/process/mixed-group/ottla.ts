// test: members made of Ottla's own consumer.
import { childArguments } from "./child.ts";
import type { Client } from "./group-member.ts";
import { MemberProcess, readJsonLine } from "./member-process.ts";

const script = new URL("ottla-child.ts", import.meta.url).pathname;

export const ottla: Client = {
  name: "ottla",
  missing: null,
  member: (name, options = {}) =>
    new MemberProcess(name, (place) => ({
      command: process.execPath,
      args: [script, JSON.stringify(childArguments(place, options))],
      readLine: readJsonLine,
      stopsAtSignal: false,
    })),
};
