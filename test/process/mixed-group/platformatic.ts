// test: members made of @platformatic/kafka.
import { childArguments } from "./child.ts";
import type { Client } from "./group-member.ts";
import { MemberProcess, readJsonLine } from "./member-process.ts";

const script = new URL("platformatic-child.ts", import.meta.url).pathname;

export const platformatic: Client = {
  name: "@platformatic/kafka",
  missing: null,
  member: (name, options = {}) =>
    new MemberProcess(name, (place) => ({
      command: process.execPath,
      args: [script, JSON.stringify(childArguments(place, options))],
      readLine: readJsonLine,
      stopsAtSignal: false,
    })),
};
