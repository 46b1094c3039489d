// test: a broker's registration and heartbeats against controllers made for the purpose, in virtual time.
import { describe, expect, it } from "vitest";
import { virtualEnv } from "../base/virtual/world.ts";
import { ErrorCode, type ErrorName } from "../proto/errors.ts";
import type {
  PeerCaller,
  PeerStream,
  RegisterBrokerRequest,
  RegisterBrokerResponse,
  SessionAnswer,
  SessionBeat,
} from "../proto/peer/peer-api.ts";
import { BrokerLifecycle, type LifecycleOptions } from "./lifecycle.ts";
import { localStreamPair } from "./local-stream.ts";

const registration: RegisterBrokerRequest = {
  nodeId: 1,
  clusterId: "c",
  incarnationId: "i",
  listeners: [],
  peerHost: "n1",
  peerPort: 1,
  rack: null,
  directoryIds: [],
  uncleanDirectoryIds: [],
};

function stage(options: Partial<LifecycleOptions> = {}) {
  const { world, env } = virtualEnv({ seed: 1 });
  const seen: { registrations: number; beats: SessionBeat[]; refusals: string[]; changes: number } = {
    registrations: 0,
    beats: [],
    refusals: [],
    changes: 0,
  };
  const now = { leader: 2, metadataEnd: 0 };
  const controller = {
    register: async (): Promise<RegisterBrokerResponse> => ({
      errorCode: ErrorCode.NONE,
      errorMessage: "",
      brokerEpoch: 10 + seen.registrations,
    }),
    answer: (_beat: SessionBeat): SessionAnswer | null => ({
      errorCode: ErrorCode.NONE,
      fenced: false,
      shouldShutdown: false,
    }),
    streams: [] as PeerStream<SessionAnswer, SessionBeat>[],
  };
  const session = (stream: PeerStream<SessionAnswer, SessionBeat>): void => {
    controller.streams.push(stream);
    stream.start({
      onMessage: (beat) => {
        seen.beats.push(beat);
        const answer = controller.answer(beat);
        if (answer !== null) stream.send(answer);
      },
      onClose: () => {},
    });
  };
  const register = (): Promise<RegisterBrokerResponse> => {
    seen.registrations += 1;
    return controller.register();
  };
  const connect = (): PeerCaller => {
    const openSession = (): PeerStream<SessionBeat, SessionAnswer> => {
      const [ours, theirs] = localStreamPair<SessionBeat, SessionAnswer>(env.clock);
      session(theirs);
      return ours;
    };
    return { registerBroker: register, openSession } as unknown as PeerCaller;
  };
  const lifecycle = new BrokerLifecycle({
    clock: env.clock,
    random: env.random,
    log: env.log,
    registration,
    heartbeatIntervalMs: 100,
    sessionTimeoutMs: 1000,
    leaderId: () => now.leader,
    connect,
    local: { registerBroker: register, session },
    metadataEnd: () => now.metadataEnd,
    offlineDirectoryIds: () => [],
    onRegistered: () => {},
    onChange: () => {
      seen.changes += 1;
    },
    onRefused: (error: ErrorName, message: string) => void seen.refusals.push(`${error} ${message}`),
    ...options,
  });
  const until = async (condition: () => boolean, withinMs = 10_000): Promise<void> => {
    await world.runUntil(condition, { withinMs });
    expect(condition()).toBe(true);
  };
  return { world, lifecycle, seen, now, controller, until };
}

const answer = (name: ErrorName): SessionAnswer => ({
  errorCode: ErrorCode[name],
  fenced: true,
  shouldShutdown: false,
});

describe("a broker's standing with the controller", () => {
  for (const leader of [1, 2]) {
    it(`is registered, then beats and is unfenced, at controller ${leader} (this node is 1)`, async () => {
      const { lifecycle, seen, now, until, world } = stage();
      now.leader = leader;
      lifecycle.start();
      await until(() => lifecycle.hasSession);
      expect([lifecycle.brokerEpoch, lifecycle.isFenced]).toEqual([11, false]);
      seen.beats.length = 0;
      await world.runFor(1000);
      expect(seen.beats.length).toBeGreaterThanOrEqual(8);
      expect(seen.beats.length).toBeLessThanOrEqual(11);
      expect(seen.registrations).toBe(1);
    });
  }

  it("waits for a controller to be known", async () => {
    const { lifecycle, seen, now, until, world } = stage();
    now.leader = -1;
    lifecycle.start();
    await world.runFor(1000);
    expect(seen.registrations).toBe(0);
    now.leader = 2;
    lifecycle.controllerChanged();
    await until(() => lifecycle.hasSession);
  });

  it("beats at once when it has applied metadata while fenced", async () => {
    const { lifecycle, seen, now, controller, until } = stage({
      heartbeatIntervalMs: 5000,
      sessionTimeoutMs: 20_000,
    });
    controller.answer = ({ metadataEnd }) => ({
      errorCode: 0,
      fenced: metadataEnd < 7,
      shouldShutdown: false,
    });
    lifecycle.start();
    await until(() => lifecycle.hasSession);
    expect(lifecycle.isFenced).toBe(true);
    now.metadataEnd = 7;
    lifecycle.metadataApplied();
    await until(() => !lifecycle.isFenced, 100);
    expect(seen.changes).toBeGreaterThan(1);
  });

  it("tries again while it is refused for now, and gives up when refused for good", async () => {
    const { lifecycle, seen, controller, until } = stage();
    let name: ErrorName = "DUPLICATE_BROKER_REGISTRATION";
    controller.register = async () => ({ ...answer(name), errorMessage: "why", brokerEpoch: -1 });
    lifecycle.start();
    await until(() => seen.registrations >= 5);
    expect(seen.refusals).toEqual([]);
    name = "INCONSISTENT_CLUSTER_ID";
    await until(() => seen.refusals.length > 0);
    expect(seen.refusals).toEqual(["INCONSISTENT_CLUSTER_ID why"]);
  });

  it("is given up, and registered anew, when the controller does not know it", async () => {
    const { lifecycle, seen, controller, until } = stage();
    lifecycle.start();
    await until(() => lifecycle.hasSession);
    const good = controller.answer;
    controller.answer = () => answer("STALE_BROKER_EPOCH");
    await until(() => seen.registrations === 2);
    controller.answer = good;
    await until(() => lifecycle.hasSession);
    expect(lifecycle.brokerEpoch).toBe(12);
  });

  it("keeps its registration when a controller hands over, and follows the new one at once", async () => {
    const { lifecycle, seen, now, controller, until, world } = stage();
    lifecycle.start();
    await until(() => lifecycle.hasSession);
    const good = controller.answer;
    controller.answer = () => answer("NOT_CONTROLLER");
    await world.runFor(300);
    expect(lifecycle.hasSession).toBe(false);
    controller.answer = good;
    now.leader = 3;
    lifecycle.controllerChanged();
    await until(() => lifecycle.hasSession, 50);
    expect(seen.registrations).toBe(1);
  });

  it("reconnects within the grace when the stream breaks, or says nothing", async () => {
    const { lifecycle, controller, until } = stage();
    lifecycle.start();
    await until(() => lifecycle.hasSession);
    controller.streams[0]!.close();
    await until(() => controller.streams.length === 2, 100);
    await until(() => lifecycle.hasSession, 50);
    const good = controller.answer;
    controller.answer = () => null;
    await until(() => controller.streams.length === 3, 1000);
    controller.answer = good;
    await until(() => lifecycle.hasSession);
  });

  it("shuts down once the controller lets it, or when time is up", async () => {
    const first = stage();
    first.lifecycle.start();
    await first.until(() => first.lifecycle.hasSession);
    first.controller.answer = ({ wantShutdown }) => ({
      errorCode: 0,
      fenced: false,
      shouldShutdown: wantShutdown,
    });
    expect(await first.world.run(first.lifecycle.shutDown({ timeoutMs: 1000 }))).toBe(true);
    first.lifecycle.stop();
    const { length } = first.seen.beats;
    await first.world.runFor(1000);
    expect(first.seen.beats).toHaveLength(length);

    const second = stage();
    second.lifecycle.start();
    await second.until(() => second.lifecycle.hasSession);
    expect(await second.world.run(second.lifecycle.shutDown({ timeoutMs: 1000 }))).toBe(false);
  });
});
