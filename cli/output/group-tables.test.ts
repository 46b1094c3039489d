// test: groups as people see them.
import { expect, it } from "vitest";
import type { GroupDescription, GroupLag, GroupMember } from "../../client/index.ts";
import { lagSummary, lagTable, memberTable, stateLine } from "./group-tables.ts";

const member: GroupMember = {
  ...{ memberId: "m-1", instanceId: null, clientId: "app", host: "/10.0.0.1", rack: null, epoch: 3 },
  ...{ type: "consumer", subscribedTopics: ["t"], subscribedPattern: null, targetAssignment: null },
  assignment: [
    { topic: "t", partition: 0 },
    { topic: "t", partition: 1 },
    { topic: "u", partition: 0 },
  ],
};
const group: GroupDescription = {
  ...{ groupId: "g", type: "consumer", state: "Stable", protocolType: "consumer", assignor: "uniform" },
  ...{ epoch: 3, assignmentEpoch: 3, coordinator: { id: 2, host: "h", port: 9 } },
  members: [member, { ...member, memberId: "m-2", instanceId: "i-2", assignment: null }],
};
const partitions: GroupLag["partitions"] = [
  { topic: "t", partition: 0, committed: 5, logStartOffset: 0, logEndOffset: 9, lag: 4, member },
  { topic: "t", partition: 1, committed: -1, logStartOffset: 0, logEndOffset: 9, lag: -1, member: null },
];

it("a group is told in tables", () => {
  expect(stateLine(group)).toBe(
    "group g  consumer  Stable  coordinator 2 (h:9)  assignor uniform  epoch 3  2 members",
  );
  const classic = { ...group, type: "classic", assignor: "", epoch: -1, members: [member] } as const;
  expect(stateLine(classic)).toBe("group g  classic  Stable  coordinator 2 (h:9)  1 member");
  expect(memberTable(group).split("\n")).toEqual([
    "member  client  host       instance  partitions  reads",
    "m-1     app     /10.0.0.1  -                  3  t:0,1 u:0",
    "m-2     app     /10.0.0.1  i-2                -  -",
  ]);
  expect(lagTable(partitions).split("\n")).toEqual([
    "topic  partition  committed  log start  log end  lag  read by",
    "t              0          5          0        9    4  app",
    "t              1          -          0        9    -  -",
  ]);
  expect(lagSummary([{ groupId: "g", group, lag: 4, partitions }]).split("\n")).toEqual([
    "group  state   members  partitions  lag  largest lag",
    "g      Stable        2           2    4            4",
  ]);
});
