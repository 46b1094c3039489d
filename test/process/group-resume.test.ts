// test: a group goes on from its committed offsets after `kill -9` of a consumer, of the coordinator's
// broker, and of the whole cluster. Each with kafkajs; another client is one more name in `clients`.
import { describe, expect, it } from "vitest";
import { Producer } from "../../client/index.ts";
import { committedSum } from "./mixed-group/committed-sum.ts";
import { coordinatorOf } from "./mixed-group/coordinator.ts";
import type { Client } from "./mixed-group/group-member.ts";
import { GroupRun } from "./mixed-group/group-run.ts";
import { kafkajs } from "./mixed-group/node-client.ts";
import { createTopic, inSync, runCluster } from "./running-cluster.ts";

const clients: readonly Client[] = [kafkajs];
const partitions = 6;
const group = "resuming";
const topic = "resumed";
const settings = { "group.initial.rebalance.delay.ms": "100", "group.min.session.timeout.ms": "1000" };
const session = { sessionTimeoutMs: 3_000 };

describe.each(clients)("$name", (client) => {
  it("goes on from the committed offset after kill -9", { timeout: 120_000 }, async () => {
    await using running = await runCluster({ brokers: 3, settings });
    const { cluster, admin } = running;
    const { bootstrap } = cluster;
    await createTopic(admin, topic, partitions, 3);
    await using producer = new Producer({ bootstrap, acks: "all" });
    let sent = 0;
    const send = async (count: number): Promise<string[]> => {
      const values = Array.from({ length: count }, (_, n) => String(sent + n));
      sent += count;
      await Promise.all(
        values.map((value) => producer.send({ topic, value, partition: Number(value) % partitions })),
      );
      return values;
    };
    await using run = new GroupRun({ bootstrap, group, topic }, partitions);

    // The consumer.
    const first = run.add(client, session);
    await run.processed(await send(120));
    await committedSum({ bootstrap, group, topic }, sent);
    await run.kill(first);
    const second = run.add(client, session);
    await run.processed(await send(120));
    expect(run.repeated).toEqual([]);
    expect(run.processedBy(second)).toBe(120);

    // The coordinator, while the consumer reads on.
    await committedSum({ bootstrap, group, topic }, sent);
    const coordinator = await coordinatorOf(bootstrap, group);
    await cluster.kill(coordinator);
    await run.processed(await send(120), 60_000);
    await committedSum({ bootstrap, group, topic }, sent);
    expect(await coordinatorOf(bootstrap, group)).not.toBe(coordinator);
    cluster.startBroker(coordinator);
    await cluster.ready({ timeoutMs: 60_000, only: coordinator });
    await inSync(admin, topic, 3);

    // The consumer and every broker.
    await run.kill(second);
    await Promise.all([1, 2, 3].map((id) => cluster.kill(id)));
    for (const id of [1, 2, 3]) cluster.startBroker(id);
    await cluster.ready({ timeoutMs: 60_000 });
    const third = run.add(client, session);
    await run.processed(await send(120), 60_000);
    expect(run.processedBy(third)).toBe(120);
  });
});
