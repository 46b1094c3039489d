// test: the journal that consensus carries keeps what every journal keeps.
import { describeJournalContract } from "../../../test/contracts/journal-contract.ts";
import { VirtualRaftGroup } from "../../../test/scenarios/virtual-raft.ts";
import type { JournalEvents } from "../../machine/journal.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

let seed = 100;

class RaftJournals {
  readonly group = new VirtualRaftGroup({ seed: seed++, voters: 3 });
  private isStopped = false;
  private isolated: { id: number; epoch: number } | null = null;
  private pumping: Promise<void> = Promise.resolve();

  async start(events: readonly JournalEvents[]): Promise<void> {
    this.pumping = this.pump();
    await Promise.all(this.group.hosts.map((host, index) => host.start(events[index])));
  }

  /** The world goes on by itself, as a real one does. */
  private async pump(): Promise<void> {
    while (!this.isStopped) if (!(await this.group.world.scheduler.step())) await turn();
  }

  async until(condition: () => boolean): Promise<void> {
    const { scheduler } = this.group.world;
    const deadlineMs = scheduler.nowMs + 60_000;
    while (!condition()) {
      if (scheduler.nowMs > deadlineMs) throw new Error(`it did not come about: ${this.group.describe()}`);
      await turn();
    }
  }

  async elect(index: number): Promise<void> {
    const wanted = this.group.host(index + 1);
    const isNew = (): boolean => {
      const { leader } = this.group;
      if (leader === undefined) return false;
      return this.isolated === null || leader.node!.term() > this.isolated.epoch;
    };
    for (;;) {
      await this.until(isNew);
      if (wanted.isLeader) break;
      await this.group.leader?.node?.transferLeadership(1_000);
    }
    this.isolated = null;
    this.group.world.fabric.healAll();
  }

  isolate(index: number): void {
    const host = this.group.host(index + 1);
    this.isolated = { id: host.id, epoch: host.node!.term() };
    this.group.world.fabric.isolate(host.machine.name);
  }

  async stop(): Promise<void> {
    await Promise.all(this.group.hosts.map((host) => host.stop()));
    this.isStopped = true;
    await this.pumping;
  }
}

describeJournalContract("consensus", {
  nodes: 3,
  start: async (events) => {
    const journals = new RaftJournals();
    await journals.start(events);
    return {
      journal: (index) => journals.group.host(index + 1).node!.journal,
      elect: (index) => journals.elect(index),
      until: (condition) => journals.until(condition),
      isolate: (leader) => journals.isolate(leader),
      stop: () => journals.stop(),
    };
  },
});
