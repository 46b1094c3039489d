// test: kcat (librdkafka) in consumer groups. Skipped, and said so, where it is not installed.
import { describe, expect, it } from "vitest";
import { kcat } from "../process/mixed-group/kcat.ts";
import { groupStage, itBehavesInGroups } from "./group-behaviour.ts";

if (kcat.missing !== null) console.log(`${kcat.missing}: its tests in groups are skipped`);

describe.skipIf(kcat.missing !== null)("kcat in groups", () => {
  const stage = groupStage();

  itBehavesInGroups(stage, kcat, { sharing: { assignor: "range" }, isStatic: true });

  it("hands partitions over one by one with cooperative-sticky", async () => {
    const values = await stage().filled("sticky", 60);
    await using run = stage().run("sticking", "sticky");
    const cooperative = { assignor: "cooperative-sticky" };
    const first = run.add(kcat, cooperative);
    await run.processed(values);
    const second = run.add(kcat, cooperative);
    await run.shared();
    // It gave up its half and kept the rest all the while: it was never without an assignment.
    expect(first.lastWords()).toMatch(/incremental revoke of 3 partition/);
    values.push(...(await stage().send("sticky", 60, 120)));
    await run.processed(values);
    await run.stop(second);
    await run.shared();
    values.push(...(await stage().send("sticky", 180, 60)));
    await run.processed(values);
    expect(run.repeated).toEqual([]);
  }, 60_000);

  it("sends the versions that its kind is known for", async () => {
    const values = await stage().filled("spoken", 60);
    await using run = stage().run("speakers", "spoken");
    const member = run.add(kcat);
    await run.processed(values);
    await run.stop(member);
    const { requests } = member;
    const own = [...requests].filter((one) => /Group|Offset(Commit|Fetch)|Coordinator/.test(one));
    expect(own.sort()).toEqual([
      "FindCoordinator 2",
      "JoinGroup 5",
      "LeaveGroup 1",
      "OffsetCommit 7",
      "OffsetFetch 7",
      "SyncGroup 3",
    ]);
  }, 60_000);
});
