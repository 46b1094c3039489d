// core: the kinds of trouble of which the longest gap of a producer is taken, and where each needs the
// partition's leader.

export type FailoverCase = "leader" | "controller" | "follower" | "stop" | "stop-controller";

export interface Trouble {
  name: string;
  isGraceful: boolean;
}

export const troubles: Readonly<Record<FailoverCase, Trouble>> = {
  leader: { name: "kill -9 of a leader that is not the active controller", isGraceful: false },
  controller: { name: "kill -9 of the active controller that leads too", isGraceful: false },
  follower: { name: "kill -9 of a follower in the in-sync set", isGraceful: false },
  stop: { name: "graceful stop of a leader that is not the active controller", isGraceful: true },
  "stop-controller": { name: "graceful stop of the active controller that leads too", isGraceful: true },
};

export const failoverCases = Object.keys(troubles) as FailoverCase[];

/** Who is struck, and the replicas of the partition with its leader first. */
export function placeFor(
  kind: FailoverCase,
  controller: number,
  brokers: readonly number[],
): { victim: number; replicas: number[] } {
  const [first, ...others] = brokers.filter((id) => id !== controller);
  if (first === undefined || others[0] === undefined) {
    throw new Error(`${kind}: brokers ${brokers.join(", ")} with controller ${controller} are too few`);
  }
  if (kind === "controller" || kind === "stop-controller") {
    return { victim: controller, replicas: [controller, first, ...others] };
  }
  return { victim: kind === "follower" ? others[0] : first, replicas: [first, ...others, controller] };
}
