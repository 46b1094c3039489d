// test: deferred promises and wait lists.
import { describe, expect, it } from "vitest";
import { deferred, WaitList } from "./waits.ts";

async function settledOf(promises: Promise<unknown>[]): Promise<string[]> {
  return Promise.all(
    promises.map((promise) =>
      Promise.race([
        promise.then(
          (value) => `got ${value}`,
          (error: Error) => error.message,
        ),
        new Promise<string>((resolve) => setImmediate(() => resolve("waits"))),
      ]),
    ),
  );
}

describe("deferred", () => {
  it("settles from outside", async () => {
    const first = deferred<number>();
    first.resolve(3);
    await expect(first.promise).resolves.toBe(3);
    const second = deferred<number>();
    second.reject(new Error("no"));
    await expect(second.promise).rejects.toThrow("no");
  });
});

describe("WaitList", () => {
  it("releases what is reached, ends exclusive of nothing, and keeps the rest", async () => {
    const list = new WaitList<string>({ sizeMax: 10 });
    const waits = [5, 3, 9, 5].map((threshold) => list.add(threshold).promise);
    list.reach(2, "a");
    expect(list.size).toBe(4);
    list.reach(5, "b");
    expect(list.size).toBe(1);
    expect(await settledOf(waits)).toEqual(["got b", "got b", "waits", "got b"]);
    list.reach(100, "c");
    expect(await settledOf(waits.slice(2, 3))).toEqual(["got c"]);
  });

  it("releases in order of threshold, then of arrival", async () => {
    const list = new WaitList({ sizeMax: 1000 });
    const order: string[] = [];
    for (let i = 0; i < 300; i++) {
      const threshold = (i * 7919) % 50;
      list.add(threshold).promise.then(() => order.push(`${String(threshold).padStart(3)}/${i}`));
    }
    list.reach(50, undefined);
    await Promise.resolve();
    const key = (text: string): [number, number] => text.split("/").map(Number) as [number, number];
    const sorted = [...order].sort((a, b) => key(a)[0] - key(b)[0] || key(a)[1] - key(b)[1]);
    expect(order).toHaveLength(300);
    expect(order).toEqual(sorted);
  });

  it("forgets what was cancelled, and gives its room back", async () => {
    const list = new WaitList<string>({ sizeMax: 200 });
    const waits = Array.from({ length: 200 }, () => list.add(1));
    expect(() => list.add(1)).toThrow("at most 200");
    for (const wait of waits.slice(1)) wait.cancel();
    waits[5]!.cancel();
    expect(list.size).toBe(1);
    list.reach(1, "x");
    expect(await settledOf([waits[0]!.promise, waits[1]!.promise])).toEqual(["got x", "waits"]);
    expect(list.size).toBe(0);
  });

  it("fails all, or those above a number", async () => {
    const list = new WaitList<string>({ sizeMax: 10 });
    const waits = [1, 2, 3].map((threshold) => list.add(threshold).promise);
    list.fail(new Error("cut"), 1);
    expect(await settledOf(waits)).toEqual(["waits", "cut", "cut"]);
    list.fail(new Error("over"));
    expect(await settledOf(waits)).toEqual(["over", "cut", "cut"]);
    expect(list.size).toBe(0);
  });
});
