// test: controllers on a journal in memory: brokers register, beat, die; the active controller changes.
import { describe, expect, it } from "vitest";
import type { Log } from "../../base/ports/log.ts";
import type { Metrics } from "../../base/ports/metrics.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { errorName } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { decodeMessage, encodeMessage } from "../../proto/kafka/codec.ts";
import type { PeerStreamEvents, SessionAnswer, SessionBeat } from "../../proto/peer/peer-api.ts";
import { CoreWorld, smallSettings, uuid } from "../../test/controller/core-world.ts";
import { ManualClock } from "../../test/controller/manual-clock.ts";
import { MemoryJournal } from "../machine/memory-journal.ts";
import { areEqual } from "../metadata/equal-images.ts";
import { Controller } from "./controller.ts";
import type { ControllerEvent } from "./events.ts";

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const nothing = { add() {}, set() {}, observe() {} };
const metrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  observed: () => {},
  histogram: () => nothing,
  expose: async () => "",
};

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

/** A broker's end of its session, driven by hand. */
class Session {
  readonly answers: SessionAnswer[] = [];
  isClosed = false;
  #events: PeerStreamEvents<SessionBeat> | null = null;
  readonly id: number;
  readonly controller: Controller;

  constructor(controller: Controller, id: number) {
    this.id = id;
    this.controller = controller;
    controller.session({
      start: (events) => {
        this.#events = events;
      },
      send: (answer) => {
        if (!this.isClosed) this.answers.push(answer);
      },
      close: () => this.close(),
    });
  }

  beat(brokerEpoch: number, extra: Partial<SessionBeat> = {}): void {
    const metadataEnd = this.controller.image.end;
    const base = { nodeId: this.id, brokerEpoch, metadataEnd, wantShutdown: false, offlineDirectoryIds: [] };
    if (!this.isClosed) this.#events!.onMessage({ ...base, ...extra });
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#events!.onClose(null);
  }
}

function setUp(nodes = 1) {
  const clock = new ManualClock();
  const events: ControllerEvent[] = [];
  const host = {
    bootId: "",
    halt: (reason: string): never => {
      throw new Error(`halted: ${reason}`);
    },
  };
  const controllers = Array.from({ length: nodes }, (_, index) => {
    const env = { clock, random: new SeededRandom(index), log: silent, metrics, host };
    const timing = { sessionTimeoutMs: 1_000, disconnectGraceMs: 200 };
    return new Controller({
      env,
      settings: smallSettings,
      ...timing,
      isCutOff: () => false,
      onEvent: (event) => void events.push(event),
    });
  });
  const memory = new MemoryJournal(controllers.map((one) => one.journalEvents));
  controllers.forEach((one, index) => {
    one.attach(memory.journal(index));
  });
  const world = new CoreWorld();
  const start = async (controller: Controller, id: number) => {
    const answer = await controller.registerBroker(world.registration(id));
    expect(errorName(answer.errorCode)).toBe("NONE");
    const session = new Session(controller, id);
    session.beat(answer.brokerEpoch);
    await settle();
    return { session, epoch: answer.brokerEpoch };
  };
  const create = (controller: Controller, name: string, replicationFactor: number) =>
    controller.createTopics({
      topics: [{ name, numPartitions: 1, replicationFactor, assignments: [], configs: [] }],
      timeoutMs: 0,
      validateOnly: false,
    });
  const kinds = (): string[] => events.map(({ kind }) => kind);
  return { clock, events, kinds, controllers, memory, first: controllers[0]!, world, start, create };
}

describe("the active controller", () => {
  it("registers, unfences and tells at once", async () => {
    const { memory, first, start } = setUp();
    memory.elect(0);
    const { session } = await start(first, 1);
    expect(first.image.brokers.get(1)!.fenced).toBe(false);
    expect(session.answers).toEqual([
      { errorCode: 0, fenced: true, shouldShutdown: false },
      { errorCode: 0, fenced: false, shouldShutdown: false },
    ]);
    expect(first.image.configs.get("broker:")!.get("min.insync.replicas")).toBe("2");
  });

  it("fences a broker that falls silent, and sooner one whose connection closed", async () => {
    const { memory, first, start, clock, create, events, kinds } = setUp();
    memory.elect(0);
    const one = await start(first, 1);
    const two = await start(first, 2);
    await create(first, "t", 2);
    const fencedAfter = async (): Promise<number> => {
      const since = clock.now;
      while (![...first.image.brokers.values()].some(({ fenced }) => fenced)) {
        clock.advance(10);
        await settle();
      }
      return clock.now - since;
    };
    const leader = first.image.topics.values().next().value!.partitions[0]!.leader;
    const [dead, other] = leader === 1 ? [one, two] : [two, one];
    const keepAlive = beatEvery50Ms(clock, () => other.session.beat(other.epoch));
    dead.session.close();
    const short = await fencedAfter();
    expect(short).toBeGreaterThanOrEqual(200);
    expect(short).toBeLessThanOrEqual(350);
    expect(kinds().slice(kinds().indexOf("session-connection-lost"))).toEqual([
      "session-connection-lost",
      "session-expired",
      "fenced",
      "leader-moved",
      "in-sync-changed",
    ]);
    const moved = events.find(({ kind }) => kind === "leader-moved")!;
    expect(moved.detail).toEqual({ topic: "t", partition: 0, from: leader, to: 3 - leader, epoch: 1 });
    // It comes back as it was: a fenced broker that beats is unfenced.
    const again = new Session(first, dead.session.id);
    again.beat(dead.epoch);
    await settle();
    expect(first.image.brokers.get(again.id)!.fenced).toBe(false);
    const long = await fencedAfter();
    expect(long).toBeGreaterThanOrEqual(1_000);
    expect(long).toBeLessThanOrEqual(1_150);
    keepAlive.stop();
  });

  it("that stood still fences nobody for it", async () => {
    const { memory, first, start, clock } = setUp();
    memory.elect(0);
    const { session, epoch } = await start(first, 1);
    clock.advance(3_600_000);
    await settle();
    session.beat(epoch);
    clock.advance(50);
    await settle();
    expect(first.image.brokers.get(1)!.fenced).toBe(false);
  });

  it("takes forwarded requests in the encoding of clients", async () => {
    const { memory, first, start } = setUp();
    memory.elect(0);
    await start(first, 1);
    const { request, response, key } = apis.CreateTopics;
    const topics = [
      { name: "t", numPartitions: 2, replicationFactor: 1 },
      { name: "?", numPartitions: 1 },
    ];
    for (const apiVersion of [2, 7]) {
      const body = encodeMessage(request, apiVersion, { topics });
      const answer = await first.forward({ apiKey: key, apiVersion, clientId: "", body });
      expect(answer.errorCode).toBe(0);
      const decoded = decodeMessage(response, apiVersion, answer.body);
      const expected = apiVersion === 2 ? "NONE" : "TOPIC_ALREADY_EXISTS";
      expect(decoded.topics.map((one) => errorName(one.errorCode))).toEqual([
        expected,
        "INVALID_TOPIC_EXCEPTION",
      ]);
    }
    const deletion = apis.DeleteTopics;
    const body = encodeMessage(deletion.request, 6, { topics: [{ name: "t", topicId: zeroUuid }] });
    const answer = await first.forward({ apiKey: deletion.key, apiVersion: 6, clientId: "", body });
    expect(decodeMessage(deletion.response, 6, answer.body).responses[0]!.errorCode).toBe(0);
    expect(first.image.topics.size).toBe(0);
    const call = { apiVersion: 7, clientId: "", body: Uint8Array.of(255, 255, 255) };
    expect(errorName((await first.forward({ ...call, apiKey: key })).errorCode)).toBe("INVALID_REQUEST");
    expect(errorName((await first.forward({ ...call, apiKey: 0 })).errorCode)).toBe("UNSUPPORTED_VERSION");
    expect(errorName((await first.forward({ ...call, apiKey: key, apiVersion: 99 })).errorCode)).toBe(
      "UNSUPPORTED_VERSION",
    );
  });

  it("is the only one that answers, and says so when it no longer is", async () => {
    const { memory, controllers, start, create, world, kinds } = setUp(2);
    const [first, second] = [controllers[0]!, controllers[1]!];
    memory.elect(0);
    const { session, epoch } = await start(first, 1);
    const refused = new Session(second, 1);
    expect(errorName(refused.answers[0]!.errorCode)).toBe("NOT_CONTROLLER");
    expect(refused.isClosed).toBe(true);
    memory.hold();
    const lost = create(first, "lost", 1).catch((error: Error) => error.message);
    const registration = first.registerBroker(world.registration(2));
    memory.elect(1);
    memory.release();
    expect(await lost).toContain("cannot answer");
    expect(errorName((await registration).errorCode)).toBe("NOT_CONTROLLER");
    expect(errorName(session.answers.at(-1)!.errorCode)).toBe("NOT_CONTROLLER");
    expect(session.isClosed).toBe(true);
    const producerIds = await first.allocateProducerIds({ nodeId: 1, brokerEpoch: epoch });
    expect(errorName(producerIds.errorCode)).toBe("NOT_CONTROLLER");
    const altered = await first.alterPartition({ nodeId: 1, brokerEpoch: epoch, items: [] });
    expect(errorName(altered.errorCode)).toBe("NOT_CONTROLLER");
    expect(kinds().filter((kind) => kind.startsWith("controller"))).toEqual([
      "controller-active",
      "controller-resigned",
      "controller-active",
    ]);
    await create(second, "kept", 1);
    expect([...first.image.topicIdsByName.keys()]).toEqual(["kept"]);
    expect(areEqual(first.image, second.image)).toBe(true);
  });

  it("gives everybody a whole session when it takes over", async () => {
    const { memory, controllers, start, clock } = setUp(2);
    memory.elect(0);
    await start(controllers[0]!, 1);
    clock.advance(900);
    memory.elect(1);
    await settle();
    for (let at = 0; at < 18; at++) clock.advance(50);
    await settle();
    expect(controllers[1]!.image.brokers.get(1)!.fenced).toBe(false);
    for (let at = 0; at < 5; at++) clock.advance(50);
    await settle();
    expect(controllers[1]!.image.brokers.get(1)!.fenced).toBe(true);
  });

  it("lets a broker stop in order", async () => {
    const { memory, first, start, create } = setUp();
    memory.elect(0);
    const one = await start(first, 1);
    const two = await start(first, 2);
    await create(first, "t", 2);
    one.session.beat(one.epoch, { wantShutdown: true });
    await settle();
    expect(one.session.answers.at(-1)!.shouldShutdown).toBe(false);
    expect(first.image.topics.values().next().value!.partitions[0]!).toMatchObject({ leader: 2, isr: [2] });
    two.session.beat(two.epoch);
    one.session.beat(one.epoch, { wantShutdown: true });
    expect(one.session.answers.at(-1)!.shouldShutdown).toBe(true);
  });

  it("tells the story with times, and names an unclean election", async () => {
    const { memory, first, start, clock, events } = setUp();
    memory.elect(0);
    const one = await start(first, 1);
    await start(first, 2);
    const configs = [{ name: "unclean.leader.election.enable", value: "true" }];
    const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
    const topic = { name: "t", numPartitions: -1, replicationFactor: -1, assignments, configs };
    await first.createTopics({ topics: [topic], timeoutMs: 0, validateOnly: false });
    const [partition] = first.image.topics.values().next().value!.partitions;
    const item = { topicId: partition!.topicId, partition: 0, leaderEpoch: 0, partitionEpoch: 0 };
    const isr = [{ nodeId: 1, brokerEpoch: one.epoch }];
    await first.alterPartition({ nodeId: 1, brokerEpoch: one.epoch, items: [{ ...item, isr }] });
    // Broker 2 is eligible still, until it has lost its log.
    const lost = { directoryIds: [uuid(102)], uncleanDirectoryIds: [uuid(102)] };
    for (let at = 0; at < 30; at++) {
      one.session.beat(one.epoch);
      clock.advance(50);
      await settle();
    }
    const registered = await first.registerBroker(new CoreWorld().registration(2, lost));
    new Session(first, 2).beat(registered.brokerEpoch);
    await settle();
    one.session.close();
    for (let at = 0; at < 10; at++) {
      clock.advance(50);
      await settle();
    }
    expect(events.find(({ kind }) => kind === "unclean-election")?.detail).toEqual({
      topic: "t",
      partition: 0,
      leader: 2,
    });
  });
});

/** Runs `run` every 50 ms of the manual clock. */
function beatEvery50Ms(clock: ManualClock, run: () => void): { stop(): void } {
  let stopped = false;
  const again = (): void => {
    if (stopped) return;
    run();
    clock.after(50, again);
  };
  clock.after(50, again);
  return {
    stop() {
      stopped = true;
    },
  };
}
