// shell: deleting groups, and taking members out of them.
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import { apis } from "../../proto/kafka/apis.ts";
import { brokerError, ClientError } from "../errors.ts";
import type { AdminCalls } from "./admin-calls.ts";
import { describeGroups } from "./group-description.ts";
import { atCoordinator, atCoordinators, checkGroupId } from "./group-rounds.ts";

/** A static member by its group.instance.id, any member by the id that the broker gave it. */
export type MemberName = { readonly instanceId: string } | { readonly memberId: string };

export interface MemberRemoval {
  readonly members: readonly MemberName[] | "all";
  /** Stands in the broker's log. */
  readonly reason?: string;
}

/** Members by their names in LeaveGroup. */
const membersFrom = 3;
const reasonDefault = "removed by an administrator";

export async function deleteGroups(calls: AdminCalls, ids: readonly string[]): Promise<void> {
  for (const id of ids) checkGroupId("delete group", id);
  if (ids.length === 0) return;
  const outcomes = await atCoordinators(calls, "delete groups", ids, async (coordinator, asked, before) => {
    const body = { groupsNames: asked };
    const answer = await calls.coordinators.send(coordinator, asked, apis.DeleteGroups, body);
    return new Map(
      answer.results.map(({ groupId, errorCode }): [string, Error | null] => {
        // After a lost answer this says that the earlier attempt worked.
        const isGone = before > 0 && errorCode === ErrorCode.GROUP_ID_NOT_FOUND;
        if (errorCode === ErrorCode.NONE || isGone) return [groupId, null];
        return [groupId, brokerError(`delete group ${groupId}`, errorCode)];
      }),
    );
  });
  const refused = [...outcomes].filter(([_id, outcome]) => outcome !== null);
  const first = refused[0]?.[1];
  if (first === undefined || first === null) return;
  const others = refused.slice(1).map(([id]) => id);
  if (others.length === 0 || !(first instanceof BrokerError)) throw first;
  throw new BrokerError(first.errorName, `${first.message}; ${others.join(", ")} failed too`);
}

/** Answers how many were removed. */
export async function removeGroupMembers(
  calls: AdminCalls,
  group: string,
  removal: MemberRemoval,
): Promise<number> {
  const what = `remove members of group ${group}`;
  checkGroupId("remove group members", group);
  const isAll = removal.members === "all";
  const members = await identitiesOf(calls, group, removal, what);
  if (members.length === 0) return 0;
  return await atCoordinator<number>(calls, what, group, async (coordinator, before) => {
    const reason = removal.reason ?? reasonDefault;
    const body = { groupId: group, members: members.map((member) => ({ ...member, reason })) };
    const versions = { min: membersFrom };
    const answer = await calls.coordinators.send(coordinator, [group], apis.LeaveGroup, body, { versions });
    if (answer.errorCode !== ErrorCode.NONE) return brokerError(what, answer.errorCode);
    let gone = 0;
    for (const { memberId, groupInstanceId, errorCode } of answer.members) {
      // It left by itself, or an earlier attempt took it out.
      const isGone = errorCode === ErrorCode.UNKNOWN_MEMBER_ID && (isAll || before > 0);
      if (isGone) gone++;
      else if (errorCode !== ErrorCode.NONE)
        return brokerError(`${what}: ${groupInstanceId ?? memberId}`, errorCode);
    }
    return members.length - (before === 0 ? gone : 0);
  });
}

async function identitiesOf(
  calls: AdminCalls,
  group: string,
  removal: MemberRemoval,
  what: string,
): Promise<{ memberId: string; groupInstanceId: string | null }[]> {
  if (removal.members !== "all") {
    return removal.members.map((name) => {
      if ("instanceId" in name && name.instanceId !== "")
        return { memberId: "", groupInstanceId: name.instanceId };
      if ("memberId" in name && name.memberId !== "")
        return { memberId: name.memberId, groupInstanceId: null };
      throw new ClientError("INVALID_OPTION", `${what}: a member is named by its instanceId or memberId`);
    });
  }
  const [description] = await describeGroups(calls, [group]);
  return description!.members.map(({ memberId, instanceId }) =>
    instanceId === null ? { memberId, groupInstanceId: null } : { memberId: "", groupInstanceId: instanceId },
  );
}
