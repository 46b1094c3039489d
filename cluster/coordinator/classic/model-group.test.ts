// test: a classic group under random trouble keeps what it promises, and comes to rest when the trouble ends.
import { describe, expect, it } from "vitest";
import { ModelClient } from "../../../test/coordinator/classic-client.ts";
import { ModelGroup } from "../../../test/coordinator/classic-world.ts";

const seeds = 200;
const steps = 400;

function newcomer(model: ModelGroup, number: number): void {
  const { random, clients } = model;
  const isStatic = random.chance(0.4);
  const name = isStatic ? `instance-${random.between(1, 3)}` : `client-${number}`;
  clients.push(new ModelClient(model, { name, isStatic, apiVersion: random.pick([3, 5, 9, 9]) }));
}

function step(model: ModelGroup, number: number): void {
  const { random } = model;
  const living = model.clients.filter(({ phase }) => phase !== "over");
  const draw = random.float();
  if (draw < 0.06 && living.length < 6) newcomer(model, number);
  else if (draw < 0.16) model.pass(random.between(1, 4_000));
  else if (draw < 0.4) model.settleRecord();
  else if (draw < 0.41) model.failOver();
  else if (living.length > 0) {
    const client = random.pick(living);
    if (draw < 0.43) client.die();
    else if (draw < 0.45) client.leave();
    else if (draw < 0.47) client.lost();
    else client.act();
  }
}

/** Nothing goes wrong any more: all that live come together. */
function comeToRest(model: ModelGroup): void {
  model.trouble = { lost: 0, refused: 0 };
  for (let at = 0; at < 400; at++) {
    while (model.settleRecord());
    for (const client of model.clients) client.act();
    model.pass(500);
  }
}

function checkRest(model: ModelGroup): void {
  const living = model.clients.filter(({ phase }) => phase !== "over");
  const { phase, members, generation } = model.group;
  const is = `${phase} ${[...members.keys()].sort()}`;
  const shouldBe = living.map(({ memberId }) => memberId).sort();
  model.hold(is === `${living.length > 0 ? "stable" : "empty"} ${shouldBe}`, `at rest it is ${is}`);
  for (const client of living)
    model.hold(
      client.phase === "stable" && client.generation === generation,
      `${client.name} is not at rest`,
    );
}

describe("a classic group in trouble", () => {
  it(`keeps what it promises and comes to rest, in ${seeds} worlds`, () => {
    const sums = { joined: 0, synced: 0, commits: 0, refused: 0, failovers: 0, generations: 0 };
    for (let seed = 1; seed <= seeds; seed++) {
      const model = new ModelGroup(seed);
      try {
        for (let at = 0; at < steps; at++) step(model, at);
        comeToRest(model);
        checkRest(model);
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
      for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += model.counts[key];
    }
    // All that may happen has happened, and often.
    for (const count of Object.values(sums)) expect(count).toBeGreaterThan(seeds);
  });
});
