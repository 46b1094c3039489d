// test: what must never happen to the metadata log (DESIGN section 3; Raft paper, figure 3). Looks at each
// consensus node after every event of its own.

import { votersInBatch } from "../../../cluster/raft/core/voters-record.ts";
import type { RaftStatus } from "../../../cluster/raft/driver/raft-status.ts";
import type { SimNode } from "../sim-node.ts";
import { metadataFolder, type Surroundings } from "./surroundings.ts";

interface Remembered {
  life: number;
  commitEnd: number;
  logEnd: number;
  ledTerm: number;
  /** Ids of the voters by its log. */
  voters: readonly number[];
}

export class RaftCheck {
  readonly #all: Surroundings;
  readonly #leaderOfTerm = new Map<number, number>();
  readonly #remembered = new Map<number, Remembered>();
  /** Terms in which somebody led. */
  elections = 0;
  snapshotsInstalled = 0;
  truncations = 0;

  constructor(all: Surroundings) {
    this.#all = all;
  }

  look(node: SimNode): void {
    const status = node.running?.raft.status() ?? null;
    if (status === null) return;
    const remembered = this.#of(node);
    if (status.role === "leader") this.#leader(node, status, remembered);
    if (status.logEnd < remembered.logEnd) this.truncations++;
    if (status.role === "leader" && status.logEnd > remembered.logEnd) this.#voterChanges(node, status);
    remembered.logEnd = status.logEnd;
    const before = remembered.voters;
    remembered.voters = status.voters.map(({ id }) => id);
    if (status.commitEnd === remembered.commitEnd) return;
    const { checks } = this.#all;
    checks.hold(
      "raft: the commit end never goes back",
      status.commitEnd > remembered.commitEnd,
      () => `${node.name} went from ${remembered.commitEnd} to ${status.commitEnd}`,
    );
    this.#committed(node, status, { from: remembered.commitEnd, before });
    remembered.commitEnd = status.commitEnd;
  }

  #of(node: SimNode): Remembered {
    const known = this.#remembered.get(node.id);
    if (known?.life === node.lives) return known;
    const fresh = { life: node.lives, commitEnd: 0, logEnd: 0, ledTerm: -1, voters: [] };
    this.#remembered.set(node.id, fresh);
    return fresh;
  }

  #leader(node: SimNode, { term }: RaftStatus, remembered: Remembered): void {
    if (remembered.ledTerm === term) return;
    remembered.ledTerm = term;
    this.#all.wereController.add(node.id);
    const { checks, metadata } = this.#all;
    const other = this.#leaderOfTerm.get(term);
    checks.hold(
      "raft: one leader per term",
      other === undefined || other === node.id,
      () => `n${other} and ${node.name} both lead term ${term}`,
    );
    if (other === undefined) this.elections++;
    this.#leaderOfTerm.set(term, node.id);
    // Votes that come late may elect somebody in a term that is over: it commits nothing any more.
    if ((metadata.batches.at(-1)?.epoch ?? 0) > term) return;
    const differs = metadata.differs(this.#all.logOf(node, metadataFolder), { from: 0, end: metadata.end });
    checks.hold(
      "raft: a leader holds all that is committed",
      differs === null,
      () => `${node.name} leads term ${term}: ${differs}`,
    );
  }

  #committed(
    node: SimNode,
    status: RaftStatus,
    { from, before }: { from: number; before: readonly number[] },
  ): void {
    const { checks, metadata } = this.#all;
    const log = this.#all.logOf(node, metadataFolder);
    if (status.role === "leader" && status.commitEnd > metadata.end) {
      const last = log.find(status.commitEnd - 1);
      checks.hold(
        "raft: a leader commits by counting only what is of its own term",
        last?.epoch === status.term,
        () =>
          `${node.name} in term ${status.term} committed up to ${status.commitEnd}, of term ${last?.epoch}`,
      );
      this.#holdByMajority(status, before);
    }
    if (status.snapshotEnd > from && log.start > from) this.snapshotsInstalled++;
    const differs = metadata.differs(log, { from, end: status.commitEnd });
    checks.hold(
      "raft: a committed entry is the same on every node",
      differs === null,
      () => `${node.name}: ${differs}`,
    );
    metadata.extend(log, status.commitEnd);
    checks.hold(
      "raft: what is committed is in a log",
      metadata.end >= status.commitEnd,
      () => `${node.name} committed up to ${status.commitEnd}; the logs hold ${metadata.end}`,
    );
  }

  /** On the disks of a majority of the voters, so that it outlives a power cut of all of them. */
  #holdByMajority({ commitEnd, term, voters: members }: RaftStatus, before: readonly number[]): void {
    const { cluster, checks } = this.#all;
    const now = members.map(({ id }) => id);
    const nodes = cluster.nodes.filter(({ id }) => now.includes(id) || before.includes(id));
    if (nodes.some(({ id }) => this.#all.isForgetful(id))) return;
    const holders = nodes.filter((node) => {
      const found = this.#all.logOf(node, metadataFolder).find(commitEnd - 1);
      return found !== null && found.epoch === term && this.#all.logOf(node, metadataFolder).wouldLast(found);
    });
    const isMajorityOf = (voters: readonly number[]): boolean =>
      holders.filter(({ id }) => voters.includes(id)).length * 2 > voters.length;
    checks.hold(
      "raft: what is committed is on the disks of a majority",
      // It may have been committed just before a change of the voters came into the log.
      isMajorityOf(now) || (before.length > 0 && isMajorityOf(before)),
      () =>
        `entry ${commitEnd - 1} of term ${term} is on the disks of ${holders.map(({ name }) => name)} ` +
        `only; the voters are ${now}, before ${before}`,
    );
  }

  /** Majorities of sets that are two steps apart need not meet. */
  #voterChanges(node: SimNode, { commitEnd }: RaftStatus): void {
    const { checks, metadata } = this.#all;
    // It may have committed one and begun the next in one turn.
    const committed = Math.max(metadata.end, commitEnd);
    const log = this.#all.logOf(node, metadataFolder);
    const { codecs } = node.machine.env;
    let changes = 0;
    for (const one of log.batches(committed))
      if (one.base >= committed && votersInBatch(log.bytesOf(one), 0, codecs) !== null) changes++;
    checks.hold(
      "raft: one change of the voters at a time",
      changes <= 1,
      () => `${node.name} has ${changes} changes of the voters in its log above ${committed}`,
    );
  }
}
