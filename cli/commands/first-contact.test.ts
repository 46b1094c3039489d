// test: the first contact of a command with a cluster, on a virtual network: who is told what, and how soon.
import { describe, expect, it } from "vitest";
import { FakeCluster } from "../../test/fakes/fake-cluster.ts";
import { firstContact } from "./first-contact.ts";

function setUp() {
  const cluster = new FakeCluster({ brokers: 2 });
  const attempt = async (bootstrap: string): Promise<{ message: string; tookMs: number }> => {
    const { clock } = cluster.client;
    const beganMs = clock.monotonicMs();
    const message = await cluster.world.run(
      firstContact(cluster.client, bootstrap).then(
        () => "reached",
        (error: Error) => `${error.name}: ${error.message}`,
      ),
    );
    return { message, tookMs: clock.monotonicMs() - beganMs };
  };
  return { cluster, attempt };
}

describe("the first contact", () => {
  it("is one server that answers, whatever the others do", async () => {
    const { cluster, attempt } = setUp();
    expect((await attempt(cluster.bootstrap)).message).toBe("reached");
    const { message, tookMs } = await attempt("nothing:1,b1:1,b2:9092");
    expect(message).toBe("reached");
    expect(tookMs).toBeLessThan(100);
  });

  it("says at once that a name is unknown", async () => {
    const { message, tookMs } = await setUp().attempt("nothing:1");
    expect(message).toBe(
      'ClusterFailure: no bootstrap server can be reached: nothing:1: the name "nothing" is not known ' +
        "(ENOTFOUND). What to do: check --bootstrap (or KAFKA_BOOTSTRAP).",
    );
    expect(tookMs).toBeLessThan(100);
  });

  it("says soon that nothing listens, and names every server", async () => {
    const { message, tookMs } = await setUp().attempt("b1:1,nothing:1");
    expect(message).toContain("b1:1: nothing listens there (ECONNREFUSED); nothing:1: the name");
    expect(message).toContain("start the cluster (for one on this machine: ottla dev)");
    expect(tookMs).toBeLessThan(6_000);
  });

  it("waits a moment for a broker that is being started", async () => {
    const { cluster, attempt } = setUp();
    cluster.crash(1);
    cluster.client.clock.after(2_000, () => cluster.start(1));
    const { message, tookMs } = await attempt("b1:9092");
    expect(message).toBe("reached");
    expect(tookMs).toBeLessThan(3_000);
  });

  it("waits not long for a server that is silent, or cuts", async () => {
    const { cluster, attempt } = setUp();
    cluster.fault = () => ({ kind: "silence", carriedOut: false });
    const silent = await attempt("b1:9092");
    expect(silent.message).toContain(
      "b1:9092: no answer within 5 s. What to do: see whether the broker runs",
    );
    cluster.fault = () => ({ kind: "cutBefore" });
    const cut = await attempt("b1:9092");
    expect(cut.message).toContain("connect to b1:9092: closed before it said its versions");
    expect(Math.max(silent.tookMs, cut.tookMs)).toBeLessThan(6_000);
  });

  it("knows a server that is none of Kafka's", async () => {
    const { cluster, attempt } = setUp();
    const { network } = cluster.world.addNode("web").start();
    await network.listen({
      host: "web",
      port: 80,
      onConnection: (socket) => {
        const answer = (): void => void socket.write([Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")]);
        socket.start({ onData: answer, onDrain: () => {}, onClose: () => {} });
      },
    });
    const { message, tookMs } = await attempt("web:80");
    expect(tookMs).toBeLessThan(100);
    expect(message).toContain("web:80: what answers there does not speak the Kafka protocol");
  });

  it("is not sought where the list is none", async () => {
    expect((await setUp().attempt("a b")).message).toContain("ClientError: bootstrap has");
  });
});
