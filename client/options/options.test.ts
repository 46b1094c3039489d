// test: what a user gets to read when an option is wrong.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readAdminOptions } from "../admin/admin-options.ts";
import { readConsumerOptions } from "../consumer/consumer-options.ts";
import { readProducerOptions } from "../producer/producer-options.ts";
import { softwareVersion } from "../software.ts";
import { nearestName } from "./nearest-name.ts";

const producer = (options: object) => () => readProducerOptions({ bootstrap: "a:1", ...options } as never);

describe("options", () => {
  it("have defaults", () => {
    expect(readProducerOptions({ bootstrap: "a:1" })).toMatchObject({
      acks: -1,
      idempotent: true,
      maxInFlight: 5,
      deliveryTimeoutMs: 120_000,
      bufferBytes: 33_554_432,
    });
    expect(readConsumerOptions({ bootstrap: "a:1" })).toMatchObject({ offsetReset: "error", minBytes: 1 });
    expect(readConsumerOptions({ bootstrap: "a:1", groupId: "g" })).toMatchObject({
      offsetReset: "latest",
      groupProtocol: "auto",
      autoCommit: true,
      sessionTimeoutMs: 45_000,
      maxPollIntervalMs: 300_000,
    });
    const reset = { groupId: "g", offsetReset: "error" } as const;
    expect(readConsumerOptions({ bootstrap: "a:1", ...reset }).offsetReset).toBe("error");
    expect(readAdminOptions({ bootstrap: ["a:1"] })).toMatchObject({ apiTimeoutMs: 60_000 });
  });

  it("that are unknown name the nearest known one", () => {
    expect(producer({ lingerMS: 5 })).toThrow('there is no option "lingerMS"; did you mean "lingerMs"?');
    expect(producer({ "linger.ms": 5 })).toThrow('did you mean "lingerMs"?');
    expect(producer({ compresion: "gzip" })).toThrow('did you mean "compression"?');
    expect(producer({ xyzzy: 1 })).toThrow("known are bootstrap,");
    expect(nearestName("brokers", ["bootstrap", "acks"])).toBe(null);
  });

  it("that are wrong quote the value and say what it should be", () => {
    expect(producer({ lingerMs: "5" })).toThrow(
      'lingerMs is "5"; it should be a whole number from 0 to 600000',
    );
    expect(producer({ acks: 2 })).toThrow('acks is 2; it should be one of "all", -1, 0, 1');
    expect(producer({ maxInFlight: 6 })).toThrow("idempotent needs 5 or less");
    expect(producer({ acks: 1, idempotent: true })).toThrow('acks should be "all", not 1');
    expect(producer({ deliveryTimeoutMs: 100, requestTimeoutMs: 200 })).toThrow(
      "at least lingerMs + request",
    );
    expect(() => readProducerOptions({} as never)).toThrow('the option "bootstrap" must be given');
    expect(() => readProducerOptions(undefined as never)).toThrow("options should be an object");
  });

  it("of groups fit each other", () => {
    const consumer = (options: object) => () =>
      readConsumerOptions({ bootstrap: "a:1", ...options } as never);
    expect(consumer({ groupid: "g" })).toThrow('did you mean "groupId"?');
    expect(consumer({ groupInstanceId: "i" })).toThrow("groupInstanceId needs a groupId");
    expect(consumer({ assignors: ["rangy"] })).toThrow(
      "assignors is a list; it should be a list of names (range, roundRobin, sticky, cooperativeSticky)",
    );
    expect(consumer({ groupProtocol: "consumer", assignors: ["range"] })).toThrow("give remoteAssignor");
    expect(consumer({ groupProtocol: "classic", remoteAssignor: "uniform" })).toThrow("give assignors");
    expect(consumer({ assignors: ["range"], remoteAssignor: "uniform" })).toThrow("exclude each other");
    const pair = { heartbeatIntervalMs: 3_000, sessionTimeoutMs: 3_000 };
    expect(consumer(pair)).toThrow("the first should be less, best at most a third");
    // Not given, the interval fits the session.
    expect(consumer({ sessionTimeoutMs: 3_000 })().heartbeatIntervalMs).toBeNull();
  });

  it("follow from each other", () => {
    expect(readProducerOptions({ bootstrap: "a", acks: 1 }).idempotent).toBe(false);
    expect(readProducerOptions({ bootstrap: "a", deliveryTimeoutMs: 500 }).requestTimeoutMs).toBe(500);
  });
});

it("the client says the version of its package", () => {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(softwareVersion).toBe(version);
});
