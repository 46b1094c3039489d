// test: the way to the active controller: retries while it moves, local short cut, deadline. In virtual time.
import { describe, expect, it } from "vitest";
import { virtualEnv } from "../base/virtual/world.ts";
import { ErrorCode } from "../proto/errors.ts";
import type { ForwardRequest, ForwardResponse, PeerApi, PeerCaller } from "../proto/peer/peer-api.ts";
import { ControllerLink } from "./controller-link.ts";

type Forward = (request: ForwardRequest) => Promise<ForwardResponse>;

const ok = async (): Promise<ForwardResponse> => ({ errorCode: ErrorCode.NONE, body: Uint8Array.of(7) });
const not = async (): Promise<ForwardResponse> => ({
  errorCode: ErrorCode.NOT_CONTROLLER,
  body: new Uint8Array(0),
});
const never: Forward = () => new Promise(() => {});
const request = { apiKey: 19, apiVersion: 7, clientId: "c", body: new Uint8Array(0), timeoutMs: 2000 };

function stage(forwards: Record<number, Forward>) {
  const { world, env } = virtualEnv({ seed: 1 });
  const asked: number[] = [];
  const now = { leader: 2 };
  const callerOf = (nodeId: number) => ({
    forward: (one: ForwardRequest) => {
      asked.push(nodeId);
      return forwards[nodeId]!(one);
    },
    allocateProducerIds: async (ids: { brokerEpoch: number }) => ({
      errorCode: 0,
      firstProducerId: ids.brokerEpoch,
      count: 1000,
    }),
  });
  const link = new ControllerLink({
    clock: env.clock,
    random: env.random,
    nodeId: 1,
    brokerEpoch: () => 5,
    leaderId: () => now.leader,
    connect: (nodeId) => callerOf(nodeId) as unknown as PeerCaller,
    local: callerOf(1) as unknown as PeerApi,
  });
  return { world, link, now, asked, env };
}

describe("the link to the controller", () => {
  it("asks this node itself when it is the controller", async () => {
    const { world, link, now, asked } = stage({ 1: ok, 2: ok });
    now.leader = 1;
    expect([...(await world.run(link.forward(request)))]).toEqual([7]);
    expect(asked).toEqual([1]);
    const ids = await world.run(link.allocateProducerIds({ timeoutMs: 100 }));
    expect(ids.firstProducerId).toBe(5);
  });

  it("asks a new controller as soon as it is known", async () => {
    const { world, link, now, env } = stage({ 3: ok });
    now.leader = -1;
    let knownMs = 0;
    env.clock.after(1000, () => {
      now.leader = 3;
      knownMs = env.clock.monotonicMs();
      link.controllerChanged();
    });
    await world.run(link.forward(request));
    expect(env.clock.monotonicMs()).toBe(knownMs);
  });

  it("tries again while nobody is the controller, until somebody is", async () => {
    const { world, link, now, asked, env } = stage({ 2: not, 3: ok });
    env.clock.after(500, () => {
      now.leader = -1;
    });
    env.clock.after(800, () => {
      now.leader = 3;
    });
    expect([...(await world.run(link.forward(request)))]).toEqual([7]);
    expect(asked.filter((nodeId) => nodeId === 2).length).toBeGreaterThan(2);
    expect(asked.at(-1)).toBe(3);
  });

  it("does not wait for an old controller that hangs, once there is a new one", async () => {
    const { world, link, now, asked, env } = stage({ 2: never, 3: ok });
    env.clock.after(100, () => {
      now.leader = 3;
    });
    const before = env.clock.monotonicMs();
    await world.run(link.forward(request));
    expect(env.clock.monotonicMs() - before).toBeLessThan(500);
    expect(asked).toEqual([2, 3]);
  });

  it("tries again when the connection fails, and says so when time is up", async () => {
    const { world, link, asked, env } = stage({
      2: async () => Promise.reject(new Error("connection refused")),
    });
    const before = env.clock.monotonicMs();
    const failed = expect(link.forward(request)).rejects.toMatchObject({
      errorName: "REQUEST_TIMED_OUT",
      message: expect.stringContaining("connection refused"),
    });
    await world.run(failed);
    expect(env.clock.monotonicMs() - before).toBeLessThan(2500);
    expect(asked.length).toBeGreaterThan(5);
  });

  it("passes on what the controller refuses", async () => {
    const refuse = async (): Promise<ForwardResponse> => ({
      errorCode: ErrorCode.INVALID_REQUEST,
      body: new Uint8Array(0),
    });
    const { world, link, asked } = stage({ 2: refuse });
    await world.run(expect(link.forward(request)).rejects.toMatchObject({ errorName: "INVALID_REQUEST" }));
    expect(asked).toEqual([2]);
  });
});
