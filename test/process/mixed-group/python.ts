// test: members made of confluent-kafka, a client for Python on a newer librdkafka than kcat's. It is looked
// for where test/conformance/python/install.sh puts it, then in the machine's own python3.
import { spawnSync } from "node:child_process";
import { childArguments } from "./child.ts";
import type { Client } from "./group-member.ts";
import { MemberProcess, readJsonLine } from "./member-process.ts";

const script = new URL("python-child.py", import.meta.url).pathname;
const own = new URL("../../../node_modules/.cache/ottla-python/bin/python", import.meta.url).pathname;

/** A Python that has the client; null: there is none. */
export const pythonCommand =
  [own, "python3"].find((one) => spawnSync(one, ["-c", "import confluent_kafka"]).status === 0) ?? null;

export const python: Client = {
  name: "confluent-kafka (Python)",
  missing:
    pythonCommand === null ? "no Python with confluent-kafka (test/conformance/python/install.sh)" : null,
  member: (name, options = {}) =>
    new MemberProcess(name, (place) => ({
      command: pythonCommand ?? "python3",
      args: [script, JSON.stringify(childArguments(place, options))],
      readLine: readJsonLine,
      stopsAtSignal: false,
    })),
};
