// core: the uniform assignor where all members are subscribed to the same topics. Everybody gets the same
// number of partitions, or one more; and no partition moves that need not: each member keeps what it has up
// to its share, and the shares that are one larger go to members that have more already.
import type { Uuid } from "../../../base/uuid.ts";
import type { AssignedMember, Assignment, AssignorInput } from "./assignor.ts";
import { compareTexts, inOrder } from "./member-order.ts";

interface Share {
  readonly memberId: string;
  /** What it keeps, then what it has. */
  readonly partitions: Map<Uuid, number[]>;
  count: number;
  quota: number;
}

/** All of `members` have the same `topicIds`, in whatever order. */
export function assignEvenShares({ members, partitionCounts }: AssignorInput): Assignment {
  const ordered = inOrder(members);
  const topicIds = [...(ordered[0]?.topicIds ?? [])].sort(compareTexts);
  const isTaken = new Map<Uuid, Uint8Array>();
  let total = 0;
  for (const topicId of topicIds) {
    const count = partitionCounts.get(topicId) ?? 0;
    isTaken.set(topicId, new Uint8Array(count));
    total += count;
  }
  const shares = ordered.map((member) => kept(member, isTaken));
  setQuotas(shares, total);
  for (const share of shares) giveBack(share, isTaken);
  shares.forEach((share, at) => {
    takeBack(share, ordered[at]!.assigned, isTaken);
  });
  deal(shares, topicIds, isTaken);
  return new Map(shares.map((share) => [share.memberId, inRisingOrder(share.partitions)]));
}

/** What it was to have and may still have. What two members claim, the first keeps. */
function kept({ memberId, target }: AssignedMember, isTaken: ReadonlyMap<Uuid, Uint8Array>): Share {
  const partitions = new Map<Uuid, number[]>();
  let count = 0;
  for (const [topicId, numbers] of target) {
    const taken = isTaken.get(topicId);
    if (taken === undefined) continue;
    const mine = numbers.filter((number) => taken[number] === 0);
    for (const number of mine) taken[number] = 1;
    if (mine.length > 0) partitions.set(topicId, mine);
    count += mine.length;
  }
  return { memberId, partitions, count, quota: 0 };
}

function setQuotas(shares: readonly Share[], total: number): void {
  if (shares.length === 0) return;
  const least = Math.floor(total / shares.length);
  let larger = total % shares.length;
  for (const share of shares) share.quota = least;
  for (const share of shares) {
    if (larger === 0 || share.count <= least) continue;
    share.quota += 1;
    larger -= 1;
  }
  for (const share of shares) {
    if (larger === 0) return;
    if (share.quota > least) continue;
    share.quota += 1;
    larger -= 1;
  }
}

/** Of the topics it has most of, so that topics stay spread. */
function giveBack(share: Share, isTaken: ReadonlyMap<Uuid, Uint8Array>): void {
  let tooMany = share.count - share.quota;
  if (tooMany <= 0) return;
  share.count = share.quota;
  const level = levelAfter([...share.partitions.values()], tooMany);
  for (const toLevel of [level + 1, level]) {
    for (const [topicId, numbers] of share.partitions) {
      const keeping = Math.max(toLevel, numbers.length - tooMany);
      if (keeping >= numbers.length) continue;
      const given = numbers.splice(keeping);
      tooMany -= given.length;
      for (const number of given) isTaken.get(topicId)![number] = 0;
      if (keeping === 0) share.partitions.delete(topicId);
    }
  }
}

/** The largest size to which all can be cut by taking away `count` or more. */
function levelAfter(lists: readonly (readonly number[])[], count: number): number {
  let low = 0;
  let high = Math.max(...lists.map((numbers) => numbers.length));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const cut = lists.reduce((sum, { length }) => sum + Math.max(0, length - middle), 0);
    if (cut >= count) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What nobody is to have any more, and it has still, stays where it is. */
function takeBack(
  share: Share,
  assigned: AssignedMember["assigned"],
  isTaken: ReadonlyMap<Uuid, Uint8Array>,
): void {
  if (share.count >= share.quota) return;
  for (const [topicId, numbers] of assigned) {
    const taken = isTaken.get(topicId);
    if (taken === undefined) continue;
    const mine = share.partitions.get(topicId) ?? [];
    for (const number of numbers) {
      if (taken[number] !== 0 || share.count >= share.quota) continue;
      taken[number] = 1;
      mine.push(number);
      share.count += 1;
    }
    if (mine.length > 0) share.partitions.set(topicId, mine);
  }
}

/** One to each in turn, topic by topic: a topic's partitions go to as many members as can be. */
function deal(
  shares: readonly Share[],
  topicIds: readonly Uuid[],
  isTaken: ReadonlyMap<Uuid, Uint8Array>,
): void {
  let waiting = shares.filter((share) => share.count < share.quota);
  let turn = 0;
  for (const topicId of topicIds) {
    const taken = isTaken.get(topicId)!;
    for (let number = 0; number < taken.length; number++) {
      if (taken[number] === 1) continue;
      if (turn >= waiting.length) {
        waiting = waiting.filter((share) => share.count < share.quota);
        turn = 0;
      }
      const share = waiting[turn++]!;
      const mine = share.partitions.get(topicId);
      if (mine === undefined) share.partitions.set(topicId, [number]);
      else mine.push(number);
      share.count += 1;
    }
  }
}

export function inRisingOrder(partitions: ReadonlyMap<Uuid, number[]>): ReadonlyMap<Uuid, readonly number[]> {
  for (const numbers of partitions.values()) numbers.sort((one, other) => one - other);
  return partitions;
}
