// test: links between brokers of one process: order, ends, cuts and what becomes of links to the dead.
import { describe, expect, it } from "vitest";
import type { Clock } from "../../base/ports/clock.ts";
import type { Link } from "../../base/ports/links.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { BrokerLife } from "./broker-life.ts";
import { LocalNetwork } from "./local-links.ts";

class Ear {
  readonly heard: string[] = [];
  constructor(link: Link) {
    link.start({
      onMessage: (message) => void this.heard.push(Buffer.from(message).toString()),
      onClose: (error) => void this.heard.push(error === null ? "closed" : `error: ${error.message}`),
    });
  }
}

/** Two machines on a virtual clock, so that waiting costs nothing. */
class Stage {
  readonly world: VirtualWorld = createVirtualWorld({ seed: 1 });
  readonly clock: Clock = this.world.addNode("clock").start().clock;
  readonly network = new LocalNetwork(this.clock);
  readonly a = this.life("a");
  readonly b = this.life("b");
  readonly accepted: { link: Link; ear: Ear }[] = [];

  life(name: string): BrokerLife {
    return new BrokerLife({ name, clock: this.clock, onHalt: () => {} });
  }

  listen(): void {
    this.network.linksOf(this.b).listen("raft", (link) => {
      this.accepted.push({ link, ear: new Ear(link) });
    });
  }

  open(): { link: Link; ear: Ear } {
    const link = this.network.linksOf(this.a).open("b", "raft", { timeoutMs: 1_000 });
    return { link, ear: new Ear(link) };
  }

  run(durationMs = 10): Promise<void> {
    return this.world.runFor(durationMs);
  }
}

const killed = { kind: "killed", reason: "it was killed" } as const;
const say = (link: Link, ...texts: string[]): void => {
  for (const text of texts) link.send(Buffer.from(text));
};

describe("links within a process", () => {
  it("carry messages both ways in order, never within the call", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    say(client.link, "one", "two");
    expect(stage.accepted).toEqual([]);
    await stage.run();
    const [server] = stage.accepted;
    expect(server!.link.remote).toBe("a");
    say(server!.link, "three");
    say(client.link, "four");
    await stage.run();
    expect(server!.ear.heard).toEqual(["one", "two", "four"]);
    expect(client.ear.heard).toEqual(["three"]);
  });

  it("end after what was sent, at both ends, once", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    say(client.link, "last");
    client.link.end();
    client.link.end();
    say(client.link, "too late");
    await stage.run();
    expect(stage.accepted[0]!.ear.heard).toEqual(["last", "closed"]);
    expect(client.ear.heard).toEqual(["closed"]);
  });

  it("are broken by destroy: the other end hears an error", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    await stage.run();
    stage.accepted[0]!.link.destroy();
    await stage.run();
    expect(stage.accepted[0]!.ear.heard).toEqual(["closed"]);
    expect(client.ear.heard).toEqual(["error: the other end broke the link off"]);
  });

  it("to nobody are refused; to one who does not answer they time out", async () => {
    const stage = new Stage();
    const refused = stage.open();
    await stage.run();
    expect(refused.ear.heard).toEqual(["error: connect to b: nobody listens there"]);
    stage.listen();
    stage.b.pause();
    const late = stage.open();
    await stage.run(999);
    expect(late.ear.heard).toEqual([]);
    await stage.run(10);
    expect(late.ear.heard).toEqual(["error: connect to b: no answer within 1000 ms"]);
    stage.b.resume();
    await stage.run();
    expect(stage.accepted).toEqual([]);
  });

  it("of one who dies are reset, and nothing reaches it any more", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    await stage.run();
    say(client.link, "unheard");
    void stage.b.end(killed);
    await stage.run();
    expect(stage.accepted[0]!.ear.heard).toEqual([]);
    expect(client.ear.heard).toEqual(["error: the other end broke the link off"]);
    const again = stage.open();
    await stage.run();
    expect(again.ear.heard).toEqual(["error: connect to b: nobody listens there"]);
  });

  it("hold what is sent over a cut, and carry it when the cut is healed soon", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    await stage.run();
    stage.network.setCutOff("b", true);
    say(client.link, "held");
    const knocking = stage.open();
    await stage.run(900);
    expect(stage.accepted[0]!.ear.heard).toEqual([]);
    stage.network.setCutOff("b", false);
    await stage.run();
    expect(stage.accepted[0]!.ear.heard).toEqual(["held"]);
    expect(stage.accepted).toHaveLength(2);
    expect(knocking.ear.heard).toEqual([]);
  });

  it("break when a cut lasts: the sender hears of it first, the other when it can be reached", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    await stage.run();
    stage.network.setCutOff("a", true);
    say(client.link, "lost");
    await stage.run(4_100);
    expect(client.ear.heard).toEqual(["error: nothing that was sent was taken for 4000 ms"]);
    expect(stage.accepted[0]!.ear.heard).toEqual([]);
    stage.network.setCutOff("a", false);
    await stage.run();
    expect(stage.accepted[0]!.ear.heard.at(-1)).toMatch(/^error: /);
  });

  it("wait for one who is paused, in order with what comes after", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    await stage.run();
    stage.b.pause();
    say(client.link, "one", "two");
    await stage.run(100);
    stage.b.resume();
    say(client.link, "three");
    await stage.run();
    expect(stage.accepted[0]!.ear.heard).toEqual(["one", "two", "three"]);
  });

  it("give up on one who takes nothing, before memory does", async () => {
    const stage = new Stage();
    stage.listen();
    const client = stage.open();
    await stage.run();
    stage.b.pause();
    const piece = Buffer.alloc(16 * 1024 * 1024);
    const took = Array.from({ length: 9 }, () => client.link.send(piece));
    expect(took).toEqual([...Array(8).fill(true), false]);
    await stage.run();
    expect(client.ear.heard[0]).toMatch(/closed|error/);
  });
});
