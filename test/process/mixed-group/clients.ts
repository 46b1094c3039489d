// test: the clients that can join a group here. Those that are missing are named once, so that nobody takes
// a run without them for a run with them.
import type { Client } from "./group-member.ts";
import { kcat } from "./kcat.ts";
import { kafkajs, ottla, platformatic } from "./node-client.ts";
import { python } from "./python.ts";

const all: readonly Client[] = [ottla, kafkajs, platformatic, kcat, python];

/** Says which are left out of `what`. */
export function clientsHere(what: string): Client[] {
  for (const { name, missing } of all)
    if (missing !== null) console.log(`${what} runs without ${name}: ${missing}`);
  return all.filter(({ missing }) => missing === null);
}
