// test: the journal in memory keeps the contract of all journals.
import { describeJournalContract } from "../../test/contracts/journal-contract.ts";
import { MemoryJournal } from "./memory-journal.ts";

const until = async (condition: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 1_000; turn++) {
    if (condition()) return;
    await Promise.resolve();
  }
  throw new Error("the condition did not come true");
};

for (const keep of [0, 2, 5]) {
  describeJournalContract(`in memory, ${keep} uncommitted entries survive`, {
    nodes: 3,
    start: async (events) => {
      const memory = new MemoryJournal(events);
      return {
        journal: (index) => memory.journal(index),
        elect: async (index) => {
          memory.elect(index, keep);
          memory.release();
        },
        until,
        isolate: () => memory.hold(),
        stop: async () => memory.depose(),
      };
    },
  });
}
