// test: the judgement of what members of a group did sees each kind of wrong.
import { expect, it } from "vitest";
import { type Note, sharings, wrongs } from "./group-members.ts";

const assigned = (atMs: number, generation: number): Note => {
  return { kind: "assigned", atMs, generation, partitions: [0] };
};
const revoked = (atMs: number): Note => ({ kind: "revoked", atMs, generation: 1, partitions: [0] });
const read = (generation: number, ...offsets: number[]): Note[] =>
  offsets.map((offset) => ({ kind: "read", atMs: 0, generation, partition: 0, offset }));
const committed = (atMs: number, offset: number): Note => ({
  kind: "committed",
  atMs,
  offsets: [[0, offset]],
});
const member = (name: string, ...notes: Note[]) => ({ name, owner: name, notes });

it("nothing is wrong where one goes on after the other, from what is committed", () => {
  const members = [
    member("a", assigned(1, 1), ...read(1, 0, 1, 2), committed(2, 2), revoked(3)),
    // What was read and not committed is read again.
    member("b", assigned(4, 2), ...read(2, 2, 3)),
  ];
  expect([wrongs(members, [4]), sharings(members)]).toEqual([[], []]);
});

it("sees what is skipped, read again, out of order, and of two owners", () => {
  const one = (...notes: Note[]) => wrongs([member("a", assigned(1, 1), ...notes)], [3]);
  expect(one(...read(1, 0, 2))).toEqual(["a in 0: 2 came after 0", "0: never read were 1, 1"]);
  expect(one(...read(1, 0, 1))).toEqual(["0: never read were 1, 2"]);
  expect(one(...read(1, 0, 1, 2), { kind: "failed", atMs: 9, text: "it broke" })).toEqual(["a: it broke"]);
  const first = member("a", assigned(1, 1), ...read(1, 0, 1, 2), committed(2, 2));
  const second = member("b", assigned(4, 2), ...read(2, 1, 2));
  expect(wrongs([first, second], [3])).toEqual(["b in 0: began at 1, and 2 was committed before"]);
  expect(sharings([first, second])).toEqual(["0: a and b"]);
  const sameTime = member("b", assigned(4, 1), ...read(1, 2));
  expect(wrongs([first, sameTime], [3])).toEqual(["0 in generation 1 was read by a and b"]);
});
