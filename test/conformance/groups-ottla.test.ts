// test: Ottla's own consumer as a member among processes: the same that is asked of every other client.
import { describe } from "vitest";
import { ottla } from "../process/mixed-group/node-client.ts";
import { groupStage, itBehavesInGroups } from "./group-behaviour.ts";

describe("Ottla's consumer in groups", () => {
  itBehavesInGroups(groupStage(), ottla, { isStatic: true });
});
