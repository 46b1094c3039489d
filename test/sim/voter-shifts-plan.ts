// test: whether the voters change in a run.
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { takesPart } from "./aim.ts";

export function hasVoterShifts(seed: string): boolean {
  return takesPart(seed, "voters", new SeededRandom(seed).fork("voter shifts").chance(0.35));
}
