// test: registration, heartbeats and sessions of brokers.
import { describe, expect, it } from "vitest";
import { zeroUuid } from "../../base/uuid.ts";
import { errorName } from "../../proto/errors.ts";
import type { SessionBeat } from "../../proto/peer/peer-api.ts";
import { CoreWorld, uuid } from "../../test/controller/core-world.ts";
import { registerBroker } from "./brokers.ts";
import { heartbeatAnswer, heartbeatRecords } from "./heartbeats.ts";
import { BrokerSessions } from "./sessions.ts";

describe("registration", () => {
  const fresh = (): CoreWorld => {
    const world = new CoreWorld();
    world.activate();
    return world;
  };

  it("starts fenced, in an epoch of its own", () => {
    const world = fresh();
    const offset = world.image.end;
    expect(errorName(world.register(1))).toBe("NONE");
    expect(world.image.brokers.get(1)).toMatchObject({ epoch: offset, fenced: true, peerPort: 9_101 });
    world.register(1);
    expect(world.image.brokers.get(1)!.epoch).toBeGreaterThan(offset);
  });

  it("is refused to another cluster, to an id that is alive, and to a copied folder", () => {
    const world = fresh();
    const refused = (id: number, extra: Parameters<CoreWorld["register"]>[1]): string =>
      errorName(world.register(id, extra));
    world.start(1);
    expect(refused(2, { clusterId: uuid(1) })).toBe("INCONSISTENT_CLUSTER_ID");
    expect(refused(1, {})).toBe("DUPLICATE_BROKER_REGISTRATION");
    expect(refused(2, { directoryIds: [uuid(101)] })).toBe("INVALID_REGISTRATION");
    expect(refused(2, { directoryIds: [] })).toBe("INVALID_REGISTRATION");
    expect(refused(2, { directoryIds: [zeroUuid] })).toBe("INVALID_REGISTRATION");
    expect(refused(2, { listeners: [] })).toBe("INVALID_REGISTRATION");
    expect(refused(-1, {})).toBe("INVALID_REGISTRATION");
    expect(refused(2, { incarnationId: zeroUuid })).toBe("INVALID_REGISTRATION");
    world.beat(1, { wantShutdown: true });
    expect(refused(1, {})).toBe("NONE");
  });

  it("asked for twice by one process is answered twice and written once", () => {
    const world = fresh();
    const request = world.registration(1);
    const context = { settings: world.settings, isAlive: () => true };
    world.carryOut(registerBroker(world.image, request, context));
    const { image } = world;
    const again = registerBroker(image, request, context);
    expect(again).toMatchObject({ records: [], reply: { errorCode: 0 } });
    const moved = registerBroker(image, { ...request, peerPort: 1 }, context);
    expect(moved.records.length).toBe(1);
  });
});

describe("heartbeats", () => {
  const beatOf = (world: CoreWorld, id: number, extra: Partial<SessionBeat> = {}): SessionBeat => ({
    nodeId: id,
    brokerEpoch: world.image.brokers.get(id)?.epoch ?? 0,
    metadataEnd: world.image.end,
    wantShutdown: false,
    offlineDirectoryIds: [],
    ...extra,
  });
  const world = (): CoreWorld => {
    const made = new CoreWorld();
    made.activate();
    return made;
  };

  it("unfence a broker once it has seen its own registration", () => {
    const one = world();
    one.register(1);
    const { epoch } = one.image.brokers.get(1)!;
    one.beat(1, { metadataEnd: epoch });
    expect(one.image.brokers.get(1)!.fenced).toBe(true);
    one.beat(1, { metadataEnd: epoch + 1 });
    expect(one.image.brokers.get(1)!.fenced).toBe(false);
    const { end } = one.image;
    one.beat(1);
    expect(one.image.end).toBe(end);
  });

  it("of another life change nothing, and say what to do", () => {
    const one = world();
    one.start(1);
    const sessions = new BrokerSessions({ ticks: 5, graceTicks: 1 });
    const stale = beatOf(one, 1, { brokerEpoch: 0 });
    expect(heartbeatRecords(one.image, stale, one.settings)).toEqual([]);
    expect(errorName(heartbeatAnswer(one.image, stale, sessions).errorCode)).toBe("STALE_BROKER_EPOCH");
    const unknown = heartbeatAnswer(one.image, beatOf(one, 7), sessions);
    expect(errorName(unknown.errorCode)).toBe("BROKER_ID_NOT_REGISTERED");
  });

  it("let a broker stop once it leads nothing and all others know", () => {
    const one = world();
    one.start(1, 2, 3);
    one.create("t", [[1, 2, 3]]);
    const sessions = new BrokerSessions({ ticks: 5, graceTicks: 1 });
    const hear = (id: number, metadataEnd: number): void =>
      sessions.heard(one.image.brokers.get(id)!, metadataEnd);
    const before = one.image.end;
    for (const id of [1, 2, 3]) hear(id, before);
    const mayStop = (): boolean =>
      heartbeatAnswer(one.image, beatOf(one, 1, { wantShutdown: true }), sessions).shouldShutdown;
    expect(mayStop()).toBe(false);
    one.beat(1, { wantShutdown: true });
    expect(one.partition("t").leader).toBe(2);
    expect(mayStop()).toBe(false);
    hear(2, one.image.end);
    expect(mayStop()).toBe(false);
    hear(3, one.image.end);
    expect(mayStop()).toBe(true);
    one.fence(1);
    expect(mayStop()).toBe(true);
  });
});

describe("sessions", () => {
  const setUp = (isCutOff = (_: number): boolean => false) => {
    const world = new CoreWorld();
    world.activate();
    world.start(1, 2);
    world.register(3);
    const sessions = new BrokerSessions({ ticks: 10, graceTicks: 3 });
    sessions.reset(world.image, isCutOff);
    const tick = (count: number): number[] => {
      for (let at = 0; at < count; at++) sessions.tick();
      return sessions.overdue(world.image).map(({ id }) => id);
    };
    return { world, sessions, tick, broker: (id: number) => world.image.brokers.get(id)! };
  };

  it("are fresh for everybody not fenced when a controller becomes active", () => {
    const { tick } = setUp();
    expect(tick(9)).toEqual([]);
    expect(tick(1)).toEqual([1, 2]);
  });

  it("are short then for those that it cannot reach, unless they are heard", () => {
    const { sessions, tick, broker } = setUp((id) => id !== 3);
    sessions.heard(broker(2), -1);
    expect(tick(2)).toEqual([]);
    expect(tick(1)).toEqual([1]);
    expect(tick(6)).toEqual([1]);
    expect(tick(1)).toEqual([1, 2]);
  });

  it("last as long as heartbeats come", () => {
    const { tick, sessions, broker } = setUp();
    expect(tick(9)).toEqual([]);
    sessions.heard(broker(1), 0);
    expect(tick(9)).toEqual([2]);
    expect(tick(1)).toEqual([1, 2]);
  });

  it("are cut short by a connection that closes, unless a heartbeat follows", () => {
    const { tick, sessions, broker } = setUp();
    sessions.disconnected(1, broker(1).epoch);
    sessions.disconnected(2, broker(2).epoch);
    expect(tick(2)).toEqual([]);
    sessions.heard(broker(2), 0);
    expect(tick(1)).toEqual([1]);
    expect(tick(6)).toEqual([1]);
    // The end of a connection of an older life means nothing.
    sessions.heard(broker(2), 0);
    sessions.disconnected(2, broker(2).epoch - 1);
    expect(tick(9)).toEqual([1]);
  });

  it("tell a broker that was heard from one that is alive on trust", () => {
    const { sessions, broker, tick } = setUp();
    const { epoch } = broker(1);
    expect([sessions.isAlive(1, epoch), sessions.isHeard(1, epoch)]).toEqual([true, false]);
    sessions.heard(broker(1), 0);
    expect(sessions.isHeard(1, epoch)).toBe(true);
    tick(10);
    expect(sessions.isHeard(1, epoch)).toBe(false);
  });

  it("do not make a fenced broker, or a new life of a dead one, alive", () => {
    const { sessions, broker } = setUp();
    expect(sessions.isAlive(3, broker(3).epoch)).toBe(false);
    expect(sessions.isAlive(1, broker(1).epoch)).toBe(true);
    expect(sessions.isAlive(1, broker(1).epoch + 1)).toBe(false);
  });
});
