// test: a group of model clients under random joins, leaves, restarts, lost and doubled requests, changes of
// topics and subscriptions, and timers that run out. Nobody has what another has, at any time; and once it is
// quiet everybody has what it is to have, evenly.
import fc from "fast-check";
import { expect, it } from "vitest";
import { ClassicModelClient } from "../../../test/coordinator/classic-model-client.ts";
import { imageOf, TestGroup, testSettings } from "../../../test/coordinator/consumer-group.ts";
import {
  ModelClient,
  type ModelMember,
  type Partition,
  type Subscription,
} from "../../../test/coordinator/model-client.ts";
import { memberState, type TopicPartitions } from "../state/group-state.ts";
import { expireMember } from "./leave.ts";
import { consumerStateName } from "./state-name.ts";
import { allNames, namesOf } from "./subscriptions.ts";

const subscriptions: readonly Subscription[] = [
  { names: ["a"], regex: null },
  { names: ["a", "b"], regex: null },
  { names: ["b", "c"], regex: null },
  { names: [], regex: null },
  { names: ["c"], regex: "a|b" },
  { names: [], regex: ".*" },
];

type Step = readonly [kind: string, client: number, value: number];

class Model {
  readonly group = new TestGroup({ a: 4, b: 3 });
  readonly clients: ModelMember[] = [];
  readonly #withClassic: boolean;
  #topics: Record<string, number> = { a: 4, b: 3 };
  #made = 0;

  constructor(withClassic: boolean) {
    this.#withClassic = withClassic;
    // A group that went back to the classic protocol is not for this test.
    this.group.settings = { ...testSettings, consumerMigrationPolicy: "upgrade" };
  }

  do([kind, at, value]: Step): void {
    this.group.nowMs += value * 100;
    const client = this.clients[at % Math.max(1, this.clients.length)];
    if (kind === "new") this.#join(value);
    else if (kind === "topics") this.#changeTopics(at, value);
    else if (client === undefined) return;
    else if (client.isGone) this.#back(client, kind);
    else if (kind === "beat") client.beat(this.group);
    else if (kind === "lost") client.beat(this.group, { arrives: false });
    else if (kind === "double") client.beat(this.group, { handled: 2 });
    else if (kind === "giveUp") client.giveUp();
    else if (kind === "subscribe") client.subscribe(subscriptions[value % subscriptions.length]!);
    else if (kind === "leave") client.leave(this.group, -1);
    else if (kind === "aside" && client.instanceId !== null) client.leave(this.group, -2);
    else if (kind === "session" || kind === "revocation") this.#expire(client.memberId, kind);
    this.#check();
  }

  #join(value: number): void {
    if (this.clients.length >= 8) return;
    const name = `c${this.#made++}`;
    const instanceId = value % 3 === 0 ? `i-${name}` : null;
    const subscription = subscriptions[value % subscriptions.length]!;
    const isClassic = this.#withClassic && value % 2 === 1;
    this.clients.push(
      isClassic
        ? new ClassicModelClient(name, { isEager: value % 4 === 1, subscription })
        : new ModelClient(name, instanceId, subscription),
    );
    this.clients.at(-1)!.beat(this.group);
  }

  #back(client: ModelMember, kind: string): void {
    if (kind !== "beat") return;
    client.comeBack();
    client.beat(this.group);
  }

  #changeTopics(at: number, value: number): void {
    const name = ["a", "b", "c", "d"][at % 4]!;
    const now = Object.keys(this.#topics).find((key) => key.split("@")[0] === name);
    if (now === undefined) this.#topics[`${name}@${name}${value}`] = value % 5;
    else if (value % 4 === 0) delete this.#topics[now];
    else this.#topics[now]! += 1;
    this.group.image = imageOf(this.#topics, this.group.image.end + 1);
  }

  #expire(memberId: string, why: "session" | "revocation"): void {
    const member = this.group.state?.consumer?.members.get(memberId);
    const expiry = { memberId, why, memberEpoch: member?.memberEpoch ?? 0 };
    const decision = expireMember(this.group.state, expiry, this.group.context());
    this.group.take(decision);
    const client = this.clients.find((one) => one.memberId === memberId);
    if (decision.records.length > 0 && client !== undefined) client.isExpired = true;
  }

  /** What live clients own is theirs alone. That records are right is checked by `take`. */
  #check(): void {
    const owners = new Map<Partition, string>();
    for (const { owned, name, isExpired } of this.clients) {
      if (isExpired) continue;
      for (const partition of owned) {
        expect(owners.get(partition), `${partition} is owned by ${name} too`).toBe(undefined);
        owners.set(partition, name);
      }
    }
  }

  quiet(): void {
    // Nobody speaks for members whose process has gone: their sessions run out.
    const alive = new Set(this.clients.filter((one) => !one.isGone).map((one) => one.memberId));
    for (const memberId of this.group.state?.consumer?.members.keys() ?? []) {
      if (!alive.has(memberId)) this.#expire(memberId, "session");
    }
    // Classic members alone find no group of this protocol to join.
    if (!this.clients.some((client) => client instanceof ModelClient && !client.isGone)) {
      this.clients.push(new ModelClient("last", null, subscriptions[1]!));
    }
    for (let round = 0; round < 12; round++) {
      this.group.nowMs += 2_000;
      for (const client of this.clients) {
        if (client.isGone) continue;
        client.giveUp();
        client.beat(this.group);
        this.#check();
      }
    }
  }
}

const loadOf = (partitions: TopicPartitions): number =>
  [...partitions.values()].reduce((sum, numbers) => sum + numbers.length, 0);

function expectSettled({ group, clients }: Model): void {
  const live = clients.filter((client) => !client.isGone);
  const consumer = group.consumer;
  expect(consumerStateName(consumer)).toBe("Stable");
  expect([...consumer.members.keys()].sort()).toEqual(live.map((client) => client.memberId).sort());
  let assigned = 0;
  for (const client of live) {
    const member = consumer.members.get(client.memberId)!;
    expect(member).toMatchObject({ memberEpoch: consumer.epoch, state: memberState.stable });
    expect(member.assigned).toEqual(consumer.target.get(client.memberId));
    expect(client.epoch).toBe(consumer.epoch);
    expect(client.owned.size).toBe(loadOf(member.assigned));
    assigned += loadOf(member.assigned);
  }
  const existing = [...allNames(consumer)].flatMap((name) => {
    const topicId = group.image.topicIdsByName.get(name);
    return topicId === undefined ? [] : [group.image.topics.get(topicId)!];
  });
  expect(assigned).toBe(existing.reduce((sum, topic) => sum + topic.partitions.length, 0));
  expectBalance(group);
}

/** Whoever has two more than another has nothing that the other wants. */
function expectBalance({ consumer }: TestGroup): void {
  for (const one of consumer.members.values()) {
    for (const other of consumer.members.values()) {
      if (loadOf(one.assigned) < loadOf(other.assigned) + 2) continue;
      const wanted = new Set(
        namesOf(other, consumer.regexes).map((name) => consumer.topics.get(name)?.topicId),
      );
      expect([...one.assigned.keys()].filter((topicId) => wanted.has(topicId))).toEqual([]);
    }
  }
}

const kinds = ["beat", "beat", "beat", "giveUp", "giveUp", "lost", "double", "new", "topics", "subscribe"];
const steps = fc.array(
  fc.tuple(
    fc.constantFrom(...kinds, "leave", "aside", "session", "revocation"),
    fc.nat({ max: 7 }),
    fc.nat({ max: 20 }),
  ),
  { minLength: 5, maxLength: 120 },
);

it.each([
  ["the consumer protocol", false],
  ["both protocols", true],
])(
  "keeps its promises whatever happens to its members of %s",
  (_, withClassic) => {
    fc.assert(
      fc.property(steps, (all) => {
        const model = new Model(withClassic);
        for (const step of all) model.do(step);
        model.quiet();
        expectSettled(model);
        const before = model.group.state;
        model.quiet();
        expect(model.group.state).toBe(before);
      }),
      { numRuns: 80 },
    );
  },
  60_000,
);
