// test: confluent-kafka, a Python client on a newer librdkafka than kcat's, in consumer groups. Skipped, and
// said so, where it is not installed.
import { describe, expect, it } from "vitest";
import { python, pythonCommand } from "../process/mixed-group/python.ts";
import { committed, groupStage, itBehavesInGroups } from "./group-behaviour.ts";
import { runToEnd } from "./run-to-end.ts";

if (python.missing !== null) console.log(`${python.missing}: its tests in groups are skipped`);

const script = new URL("python/group-admin.py", import.meta.url).pathname;

describe.skipIf(python.missing !== null)("confluent-kafka in groups", () => {
  const stage = groupStage();

  /** What one call of its admin client answers. */
  async function admin(call: string, facts: object): Promise<unknown> {
    const { bootstrap } = stage().cluster;
    const args = [script, call, JSON.stringify({ bootstrap, ...facts })];
    return JSON.parse(await runToEnd(pythonCommand!, args));
  }

  itBehavesInGroups(stage, python, { sharing: { assignor: "range" }, isStatic: true });

  it("hands partitions over one by one with cooperative-sticky", async () => {
    const values = await stage().filled("sticky", 60);
    await using run = stage().run("sticking", "sticky");
    const cooperative = { assignor: "cooperative-sticky" };
    const first = run.add(python, cooperative);
    await run.processed(values);
    const had: number[] = [];
    first.onAssignment = ({ partitions }) => had.push(partitions.length);
    const second = run.add(python, cooperative);
    await run.shared();
    expect(Math.min(...had)).toBe(3);
    values.push(...(await stage().send("sticky", 60, 120)));
    await run.processed(values);
    await run.stop(second);
    await run.shared();
    expect(run.repeated).toEqual([]);
  }, 60_000);

  it("lists, describes, resets and deletes groups", async () => {
    const [group, topic] = ["administered", "administered"];
    const values = await stage().filled(topic, 60);
    await using run = stage().run(group, topic);
    const member = run.add(python, { assignor: "range" });
    await run.processed(values);
    await committed(stage(), { group, topic, records: 60 });
    expect(await admin("list", {})).toContainEqual({ group, state: "STABLE", isSimple: false });
    expect(await admin("describe", { group })).toMatchObject({
      state: "STABLE",
      assignor: "range",
      members: [{ clientId: "rdkafka", host: "/127.0.0.1", partitions: [0, 1, 2, 3, 4, 5] }],
    });
    expect(await admin("delete", { group })).toBe("NON_EMPTY_GROUP");
    expect(await admin("alter", { group, topic, offset: 3 })).toBe("UNKNOWN_MEMBER_ID");
    await run.stop(member);
    expect(await admin("describe", { group })).toMatchObject({ state: "EMPTY", members: [] });
    expect(await admin("offsets", { group, topic })).toEqual([10, 10, 10, 10, 10, 10]);
    expect(await admin("alter", { group, topic, offset: 3 })).toBe("done");
    expect(await admin("offsets", { group, topic })).toEqual([3, 3, 3, 3, 3, 3]);
    expect(await admin("delete", { group })).toBe("done");
    expect(await admin("delete", { group })).toBe("GROUP_ID_NOT_FOUND");
    expect(await admin("offsets", { group, topic })).toEqual([-1001, -1001, -1001, -1001, -1001, -1001]);
  }, 60_000);

  it("sends the versions that its kind is known for", async () => {
    const values = await stage().filled("spoken", 60);
    await using run = stage().run("speakers", "spoken");
    const member = run.add(python);
    await run.processed(values);
    await run.stop(member);
    const own = [...member.requests].filter((one) => /Group|Offset(Commit|Fetch)|Coordinator/.test(one));
    expect(own.sort()).toEqual([
      "FindCoordinator 2",
      "JoinGroup 5",
      "LeaveGroup 1",
      "OffsetCommit 9",
      "OffsetFetch 9",
      "SyncGroup 3",
    ]);
  }, 60_000);
});
