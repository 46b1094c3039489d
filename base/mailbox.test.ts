// test: the mailbox: order, failures, bounds, closing.
import { describe, expect, it } from "vitest";
import { Mailbox, MailboxClosedError, MailboxFullError } from "./mailbox.ts";
import { deferred } from "./waits.ts";

describe("Mailbox", () => {
  it("runs one job at a time, in order, and never within post", async () => {
    const mailbox = new Mailbox({ name: "m" });
    const events: string[] = [];
    const job = (name: string) => async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      await Promise.resolve();
      events.push(`${name} ends`);
      return name;
    };
    const results = [mailbox.post(job("a")), mailbox.post(job("b")), mailbox.post(() => "c")];
    expect(events).toEqual([]);
    expect(mailbox.size).toBe(3);
    expect(await Promise.all(results)).toEqual(["a", "b", "c"]);
    expect(events).toEqual(["a begins", "a ends", "b begins", "b ends"]);
    expect(mailbox.size).toBe(0);
  });

  it("tells a failure to its caller and goes on", async () => {
    const mailbox = new Mailbox({ name: "m" });
    const failed = mailbox.post(() => {
      throw new Error("one");
    });
    const next = mailbox.post(() => 2);
    await expect(failed).rejects.toThrow("one");
    await expect(next).resolves.toBe(2);
  });

  it("takes jobs from within a job", async () => {
    const mailbox = new Mailbox({ name: "m" });
    const order: number[] = [];
    await mailbox.post(() => {
      void mailbox.post(() => order.push(2));
      order.push(1);
    });
    await mailbox.idle();
    expect(order).toEqual([1, 2]);
  });

  it("refuses what is too much", async () => {
    const mailbox = new Mailbox({ name: "m", sizeMax: 2 });
    const gate = deferred<void>();
    const running = mailbox.post(() => gate.promise);
    await Promise.resolve();
    const waiting = [mailbox.post(() => 1), mailbox.post(() => 2)];
    await expect(mailbox.post(() => 3)).rejects.toThrow(MailboxFullError);
    gate.resolve();
    await running;
    expect(await Promise.all(waiting)).toEqual([1, 2]);
  });

  it("closes: the running job ends, those behind it never begin, later ones are refused", async () => {
    const mailbox = new Mailbox({ name: "m" });
    const gate = deferred<string>();
    const running = mailbox.post(() => gate.promise);
    await Promise.resolve();
    let began = false;
    const behind = mailbox.post(() => {
      began = true;
    });
    let closed = false;
    const closing = mailbox.close().then(() => {
      closed = true;
    });
    await expect(behind).rejects.toThrow(MailboxClosedError);
    await expect(mailbox.post(() => 1)).rejects.toThrow(MailboxClosedError);
    expect(closed).toBe(false);
    gate.resolve("done");
    expect(await running).toBe("done");
    await closing;
    expect(began).toBe(false);
    expect(mailbox.isClosed).toBe(true);
  });

  it("keeps order over very many jobs", async () => {
    const mailbox = new Mailbox({ name: "m" });
    const order: number[] = [];
    for (let i = 0; i < 20_000; i++) void mailbox.post(() => order.push(i));
    await mailbox.idle();
    expect(order).toEqual(Array.from({ length: 20_000 }, (_, i) => i));
  });
});
