// core: what a group may be called.
import { limits } from "../../../base/limits.ts";
import { BrokerError } from "../../../proto/errors.ts";

/** Throws INVALID_GROUP_ID. */
export function checkGroupId(groupId: string): void {
  if (groupId === "")
    throw new BrokerError("INVALID_GROUP_ID", "the group id is empty; a group needs a name");
  const bytes = Buffer.byteLength(groupId);
  if (bytes <= limits.groupIdBytesMax) return;
  const name = `${groupId.slice(0, 40)}...`;
  const text = `the group id "${name}" has ${bytes} bytes; ${limits.groupIdBytesMax} are allowed`;
  throw new BrokerError("INVALID_GROUP_ID", text);
}
