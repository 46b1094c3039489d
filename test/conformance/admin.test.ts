// test: one suite of the admin client on both clusters. Topics are made and deleted.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Admin, Consumer, Producer } from "../../client/index.ts";
import { type Side, sides } from "./sides.ts";

const run = `admin-conformance-${Date.now()}`;

describe.each(sides)("the admin client on $name", (side) => {
  let running: Awaited<ReturnType<Side["start"]>>;
  let admin: Admin;
  const made: string[] = [];

  beforeAll(async () => {
    running = await side.start();
    admin = new Admin({ bootstrap: running.bootstrap });
  });

  afterAll(async () => {
    if (made.length > 0) await admin.deleteTopics(made);
    await admin.close();
    await running.stop();
  });

  async function topicWith(name: string, records: number): Promise<string> {
    const topic = `${run}-${name}`;
    made.push(topic);
    await admin.createTopics([{ name: topic, partitions: 1, replicationFactor: 1 }]);
    await admin.waitForTopic(topic);
    await using producer = new Producer({ bootstrap: running.bootstrap });
    for (let number = 0; number < records; number++) await producer.enqueue({ topic, value: `v${number}` });
    await producer.flush();
    return topic;
  }

  it("adds partitions, never takes any away", async () => {
    const topic = await topicWith("grows", 0);
    await admin.createPartitions([{ topic, partitions: 3 }], { validateOnly: true });
    expect((await admin.describeTopics([topic]))[0]!.partitions).toHaveLength(1);
    await admin.createPartitions([{ topic, partitions: 3 }]);
    await admin.waitForTopic(topic);
    expect((await admin.describeTopics([topic]))[0]!.partitions).toHaveLength(3);
    const fewer = admin.createPartitions([{ topic, partitions: 2 }]);
    await expect(fewer).rejects.toMatchObject({ errorName: "INVALID_PARTITIONS" });
  });

  it("changes settings of a topic and takes them back", async () => {
    const topic = await topicWith("settings", 0);
    const subject = { type: "topic", name: topic } as const;
    const settingOf = async (name: string) => {
      const [described] = await admin.describeConfigs([subject]);
      return described!.configs.find((config) => config.name === name);
    };
    const before = await settingOf("retention.ms");
    await admin.alterConfigs([{ subject, set: { "retention.ms": "60000" } }]);
    await expect.poll(() => settingOf("retention.ms")).toMatchObject({ value: "60000", source: "topic" });
    const wrong = admin.alterConfigs([{ subject, set: { "retention.ms": "soon" } }]);
    await expect(wrong).rejects.toMatchObject({ errorName: "INVALID_CONFIG" });
    await admin.alterConfigs([{ subject, append: { "cleanup.policy": "compact" } }]);
    await expect.poll(async () => (await settingOf("cleanup.policy"))?.value).toBe("delete,compact");
    await admin.alterConfigs([{ subject, delete: ["retention.ms", "cleanup.policy"] }]);
    await expect.poll(() => settingOf("retention.ms")).toMatchObject({ value: before!.value });
  });

  it("deletes records up to an offset", async () => {
    const topic = await topicWith("shrinks", 20);
    const [deleted] = await admin.deleteRecords([{ topic, partition: 0, before: 12 }]);
    expect(deleted).toMatchObject({ partition: 0, lowWatermark: 12 });
    expect(await admin.listOffsets({ topic, at: "earliest" })).toMatchObject([{ offset: 12 }]);
    const consumer = new Consumer({ bootstrap: running.bootstrap });
    await consumer.assign([{ topic, from: "earliest" }]);
    const values: string[] = [];
    for await (const { value } of consumer.readToEnd()) values.push(Buffer.from(value ?? []).toString());
    await consumer.close();
    expect(values).toEqual(Array.from({ length: 8 }, (_, index) => `v${index + 12}`));
    const beyond = admin.deleteRecords([{ topic, partition: 0, before: 21 }]);
    await expect(beyond).rejects.toMatchObject({ errorName: "OFFSET_OUT_OF_RANGE" });
    const [all] = await admin.deleteRecords([{ topic, partition: 0, before: "all" }]);
    expect(all).toMatchObject({ lowWatermark: 20 });
  });

  it("elects leaders where that is needed", async () => {
    const topic = await topicWith("led", 0);
    const partitions = [{ topic, partition: 0 }];
    const [preferred] = await admin.electLeaders({ election: "preferred", partitions });
    expect(preferred).toMatchObject({ topic, partition: 0, error: { errorName: "ELECTION_NOT_NEEDED" } });
    const [unclean] = await admin.electLeaders({ election: "unclean", partitions });
    expect(unclean).toMatchObject({ error: { errorName: "ELECTION_NOT_NEEDED" } });
  });

  it("says what stands in log directories", async () => {
    const topic = await topicWith("stands", 50);
    const directories = await admin.describeLogDirs();
    const replicas = directories.flatMap((directory) =>
      directory.replicas.filter((one) => one.topic === topic),
    );
    expect(replicas).toHaveLength(1);
    expect(replicas[0]).toMatchObject({ partition: 0, offsetLag: 0 });
    expect(replicas[0]!.sizeBytes).toBeGreaterThan(50);
    for (const { usableBytes, totalBytes } of directories) {
      expect(usableBytes).toBeGreaterThan(0);
      expect(totalBytes).toBeGreaterThanOrEqual(usableBytes);
    }
  });

  it("describes the quorum with its directories", async () => {
    const { leaderId, voters } = await admin.describeQuorum();
    expect(voters.map(({ id }) => id)).toContain(leaderId);
    const gone = admin.removeVoter({ id: 999, directoryId: "AAAAAAAAAAAAAAAAAAAAAQ" });
    await expect(gone).rejects.toMatchObject({ name: "BrokerError" });
  });
});
