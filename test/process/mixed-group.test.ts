// test: one group made of every client that is here, on a cluster of processes: members come and go, some of
// them by `kill -9`, and so do the brokers, the group's coordinator among them. Every record is processed at
// least once, and no partition has two owners in one generation.
import { expect, it } from "vitest";
import { Producer } from "../../client/index.ts";
import { clientsHere } from "./mixed-group/clients.ts";
import { coordinatorOf } from "./mixed-group/coordinator.ts";
import type { GroupMember } from "./mixed-group/group-member.ts";
import { GroupRun } from "./mixed-group/group-run.ts";
import { createTopic, inSync, type RunningCluster, runCluster } from "./running-cluster.ts";

const topic = "mixed";
const group = "mixed";
const partitions = 12;
const settings = {
  "group.initial.rebalance.delay.ms": "500",
  "group.min.session.timeout.ms": "1000",
  "offsets.topic.num.partitions": "6",
};
const session = { assignor: "roundrobin", sessionTimeoutMs: 4_000 };
const waitMs = 60_000;

it("loses no record, and has one owner a partition, while members and brokers come and go", {
  timeout: 240_000,
}, async () => {
  // kcat writes what it is assigned in the middle of its other lines when much happens at once: what it has
  // cannot be told from that for sure. Alone it can (test/conformance/groups-kcat.test.ts).
  const clients = clientsHere("the mixed group").filter(({ name }) => name !== "kcat");
  await using running = await runCluster({ brokers: 3, settings });
  const { bootstrap } = running.cluster;
  await createTopic(running.admin, topic, partitions, 3);
  await using load = new NumberedLoad(bootstrap);
  await using run = new GroupRun({ bootstrap, group, topic }, partitions);
  const members = clients.map((client) => run.add(client, session));
  await run.shared(waitMs);
  await run.until("all say the generation", () => run.ledger.speakers.size === members.length);
  await load.more(200);

  // One more of each kind comes, and the first of each goes: every other one without a word.
  for (const [n, client] of clients.entries()) {
    run.add(client, session);
    await load.more(50);
    if (n % 2 === 0) await run.stop(members[n]!);
    else await run.kill(members[n]!);
  }
  await run.shared(waitMs);
  expect(run.ledger.generations).toBeGreaterThanOrEqual(2);

  // Each broker goes and comes back: the coordinator of the group first.
  const coordinator = await coordinatorOf(bootstrap, group);
  for (const id of [coordinator, ...[1, 2, 3].filter((one) => one !== coordinator)]) {
    await running.cluster.kill(id);
    await load.more(100);
    await restart(running, id);
    await load.more(50);
  }
  await run.shared(waitMs);

  // Somebody comes and somebody dies while the coordinator is away.
  const [dying] = [...run.members.values()] as [GroupMember, ...GroupMember[]];
  const next = await coordinatorOf(bootstrap, group);
  await running.cluster.kill(next);
  run.add(clients.at(-1)!, session);
  await run.kill(dying);
  await load.more(100);
  await restart(running, next);
  await run.shared(waitMs);

  await run.processed(load.acknowledged, waitMs).catch(async (error: unknown) => {
    const { partitions: lags } = await running.admin.groupLag(group);
    throw new Error(`${JSON.stringify(lags)}\n${String(error)}`, { cause: error });
  });
  expect(run.ledger.faults).toEqual([]);
  await Promise.all([...run.members.values()].map((member) => run.stop(member)));
});

async function restart({ cluster, admin }: RunningCluster, id: number): Promise<void> {
  cluster.startBroker(id);
  await cluster.ready({ timeoutMs: waitMs, only: id });
  await inSync(admin, topic, 3);
}

/** Records with values that are numbers, spread over all partitions. */
class NumberedLoad implements AsyncDisposable {
  readonly acknowledged: string[] = [];
  readonly #producer: Producer;
  #next = 0;

  constructor(bootstrap: string) {
    this.#producer = new Producer({ bootstrap, acks: "all" });
  }

  /** Resolves once so many more are acknowledged. */
  async more(count: number): Promise<void> {
    const sends = Array.from({ length: count }, async () => {
      const number = this.#next++;
      const value = String(number);
      await this.#producer.send({ topic, value, partition: number % partitions });
      this.acknowledged.push(value);
    });
    await Promise.all(sends);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer.close();
  }
}
