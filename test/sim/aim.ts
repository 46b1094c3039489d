// test: what a run is aimed at, if the name of its seed says so: "groups-1f3-7" is a run with groups, and
// with the faults that trouble those. Most seeds are not aimed, and leave to chance what they have; an aimed
// one meets in a minute what those meet in an hour, and is quicker, since it does nothing else.

export const aims = ["groups", "compaction", "disks", "elections", "voters"] as const;

export type Aim = (typeof aims)[number];

export function aimOf(seed: string): Aim | null {
  const [word] = seed.split("-");
  return aims.find((aim) => aim === word) ?? null;
}

/** Whether a run has what belongs to `aim` (null: to none): that, and nothing else, if it is aimed at all. */
export function takesPart(seed: string, aim: Aim | null, byChance: boolean): boolean {
  const own = aimOf(seed);
  return own === null ? byChance : own === aim;
}
