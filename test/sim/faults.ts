// test: what goes wrong, when, and for how long: one thing after another, of the kinds that the plan names.
// Keeps to what the design promises to survive: no more disks are lost, and no more page caches under flush
// policy `os`, than the replicas of a record can bear.
import type { Timer } from "../../base/ports/clock.ts";
import type { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { offsetsTopic } from "../../cluster/coordinator/group-coordinator.ts";
import type { MetadataImage } from "../../cluster/metadata/image.ts";
import type { PeerTap } from "../../services/peer/link-peers.ts";
import { type Aim, aimOf } from "./aim.ts";
import { compactedTopic } from "./compacting.ts";
import type { FaultKind } from "./fault-kinds.ts";
import { JoinerFault } from "./joiner-fault.ts";
import type { Plan } from "./plan.ts";
import type { SimCluster } from "./sim-cluster.ts";
import { type SimNode, secondPath } from "./sim-node.ts";

/** Whose leaders are troubled more often than other nodes; null: the metadata log's. */
const aimedTopics: Readonly<Record<Aim, string | null>> = {
  ...{ groups: offsetsTopic, compaction: compactedTopic, disks: null, elections: null, voters: null },
};

export interface FaultsOptions {
  plan: Plan;
  cluster: SimCluster;
  random: SeededRandom;
  /** Machines of clients, by name: cuts and resets meet them too. */
  clients: readonly string[];
  latest: () => MetadataImage;
  /** A broker's disk, or what it had not synced, is gone: its word does not count until it registers anew. */
  onForgetful: (node: SimNode) => void;
}

export class Faults {
  readonly counts = new Map<FaultKind, number>();
  readonly #options: FaultsOptions;
  readonly #random: SeededRandom;
  /** Ends of faults that last, and restarts. */
  readonly #later = new Set<Timer>();
  /** Nodes whose disk had trouble: their process may end by itself. */
  readonly troubledDisks = new Set<number>();
  /** Nodes whose second log directory failed: they go on without it, until they start anew. */
  readonly brokenDirectories = new Set<number>();
  readonly joiners: JoinerFault;
  #next: Timer | null = null;
  #votersLost = 0;
  #isOver = false;

  constructor(options: FaultsOptions) {
    this.#options = options;
    this.#random = options.random;
    this.joiners = new JoinerFault({
      cluster: options.cluster,
      random: options.random.fork("joiners"),
      sessionMs: Number(options.plan.settings["broker.session.timeout.ms"]),
      after: (delayMs, run) => this.#after(delayMs, run),
    });
    for (const node of options.cluster.nodes) this.#restartWhenDown(node);
  }

  /** Sees what brokers say to each other, as it leaves. */
  readonly tap: PeerTap = (message) => {
    if (!this.#isOver) this.joiners.tap(message);
  };

  begin(): void {
    this.#planNext();
  }

  /** Everything is whole again from now on, and every machine up. */
  heal(): void {
    this.#isOver = true;
    this.#next?.cancel();
    for (const timer of this.#later) timer.cancel();
    this.#later.clear();
    const { cluster } = this.#options;
    cluster.world.fabric.healAll();
    for (const node of cluster.nodes) if (node.foreignDiskOf !== null) node.crash({ kind: "process" });
    for (const node of cluster.nodes) {
      this.#healDisk(node);
      // A log directory that has failed is used again only by the next process.
      if (node.isUp && (this.troubledDisks.has(node.id) || this.brokenDirectories.has(node.id))) {
        node.crash({ kind: this.#options.plan.flushPolicy === "durable" ? "power" : "process" });
      }
      if (!node.isUp) node.start();
    }
  }

  /** A supervisor: what is down, for whatever reason, is started again after a while. */
  #restartWhenDown(node: SimNode): void {
    const { machine } = node;
    const before = machine.onCrash;
    machine.onCrash = (kind) => {
      before(kind);
      if (this.#isOver) {
        this.#options.cluster.world.scheduler.after(100, {
          label: "restart",
          life: null,
          run: () => this.#up(node),
        });
      } else {
        this.#after(this.#random.between(5, this.#random.pick([20, 300, 2_000, 5_000])), () =>
          this.#up(node),
        );
      }
    };
  }

  #up(node: SimNode): void {
    const isDiskAway = this.#options.cluster.nodes.some(({ foreignDiskOf }) => foreignDiskOf === node);
    if (isDiskAway) this.#after(20, () => this.#up(node));
    else if (!node.isUp) node.start();
  }

  #planNext(): void {
    const { faultEveryMs } = this.#options.plan;
    const { scheduler } = this.#options.cluster.world;
    const run = (): void => {
      this.#one();
      this.#planNext();
    };
    const delayMs = -Math.log(1 - this.#random.float()) * faultEveryMs;
    this.#next = scheduler.after(delayMs, { label: "fault", life: null, run });
  }

  #after(delayMs: number, run: () => void): void {
    const { scheduler } = this.#options.cluster.world;
    const timer = scheduler.after(delayMs, {
      label: "fault.later",
      life: null,
      run: () => {
        this.#later.delete(timer);
        run();
      },
    });
    this.#later.add(timer);
  }

  #one(): void {
    const { faults } = this.#options.plan;
    const total = faults.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.#random.below(total);
    for (const { kind, weight } of faults) {
      at -= weight;
      if (at >= 0) continue;
      if (this.#carryOut(kind)) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
      return;
    }
  }

  /** False: there was nothing to do it to, or it would be more than is promised to be survived. */
  #carryOut(kind: FaultKind): boolean {
    const { nodes } = this.#options.cluster;
    const up = nodes.filter((node) => node.isUp);
    const node = this.#choose(up);
    if (node === null) return false;
    if (kind === "processCrash") return this.#crash(node, "process");
    if (kind === "powerCut") return this.#crash(node, "power");
    if (kind === "powerCutOfAll") return this.#powerCutOfAll();
    if (kind === "joinerRestart") return this.joiners.begin(node);
    if (kind === "gracefulStop") return this.#stop(node);
    if (kind === "lostDisk") return this.#loseDisk(node);
    if (kind === "swappedDisks") return this.#swapDisks(node);
    if (kind === "brokenDirectory" || kind === "lostDirectory") return this.#directory(kind, node);
    if (kind === "pause") {
      node.machine.pause(this.#random.between(50, this.#random.pick([500, 2_000, 5_000])));
      return true;
    }
    if (kind === "clockJump") {
      node.machine.jumpWallClock(this.#random.between(-20_000, 20_000));
      return true;
    }
    if (kind === "slowDisk" || kind === "syncError" || kind === "fullDisk") return this.#disk(kind, node);
    return this.#network(kind, node);
  }

  /** Leaders more often than others: there is more to break. */
  #choose(up: readonly SimNode[]): SimNode | null {
    if (up.length === 0) return null;
    const aimed = this.#aimedAt(up);
    if (aimed.length > 0 && this.#random.chance(0.5)) return this.#random.pick(aimed);
    if (this.#random.chance(0.4)) {
      const leader = up.find((node) => node.running?.raft.isLeader());
      if (leader !== undefined) return leader;
    }
    return this.#random.pick(up);
  }

  /** Those that lead a partition of the topic that the run is aimed at. */
  #aimedAt(up: readonly SimNode[]): SimNode[] {
    const { plan, latest } = this.#options;
    const aim = aimOf(plan.seed);
    const topic = aim === null ? null : aimedTopics[aim];
    if (topic === null) return [];
    const { topics, topicIdsByName } = latest();
    const partitions = topics.get(topicIdsByName.get(topic) ?? "")?.partitions ?? [];
    return up.filter(({ id }) => partitions.some(({ leader }) => leader === id));
  }

  // ---- Processes and machines ----

  #crash(node: SimNode, kind: "process" | "power"): boolean {
    if (kind === "power" && this.#options.plan.flushPolicy === "os") {
      if (!this.#isWhole()) return false;
      this.#options.onForgetful(node);
    }
    node.crash({ kind });
    return true;
  }

  #powerCutOfAll(): boolean {
    // Under `os` all copies of a record may be in page caches only.
    if (this.#options.plan.flushPolicy === "os") return false;
    for (const node of this.#options.cluster.nodes) if (node.isUp) node.crash({ kind: "power" });
    return true;
  }

  #stop(node: SimNode): boolean {
    if (node.running === null || node.isLeaving) return false;
    node.stop();
    return true;
  }

  #loseDisk(node: SimNode): boolean {
    const { voters, shiftsVoters } = this.#options.plan;
    const isVoter = shiftsVoters || node.id <= voters;
    // A voter with an empty disk is no voter any more: of three, one may go.
    if (!this.#isWhole() || (isVoter && this.#votersLost > 0)) return false;
    if (isVoter) this.#votersLost++;
    this.#options.onForgetful(node);
    node.crash({ kind: "power", cutMode: "lost" });
    node.loseDisk();
    return true;
  }

  /** Two machines start with each other's disk: neither may take it for its own; then all is put right. */
  #swapDisks(node: SimNode): boolean {
    const { nodes } = this.#options.cluster;
    const others = nodes.filter((one) => one !== node && one.running !== null);
    if (node.running === null || others.length === 0) return false;
    const other = this.#random.pick(others);
    node.crash({ kind: "process" });
    other.crash({ kind: "process" });
    node.startWithDiskOf(other);
    other.startWithDiskOf(node);
    return true;
  }

  /** Every machine up, and every replica in sync. */
  #isWhole(): boolean {
    const { nodes } = this.#options.cluster;
    if (nodes.some((node) => node.running?.notReady().length !== 0 || node.isLeaving)) return false;
    for (const topic of this.#options.latest().topics.values()) {
      if (topic.partitions.some(({ isr, replicas }) => isr.length < replicas.length)) return false;
    }
    return true;
  }

  /** Of one broker at a time: what it cannot vouch for then is on the others. */
  #directory(kind: "brokenDirectory" | "lostDirectory", node: SimNode): boolean {
    if (!this.#isWhole()) return false;
    if (kind === "lostDirectory") {
      this.#options.onForgetful(node);
      node.crash({ kind: "power", cutMode: "lost" });
      node.loseSecondDisk();
      return true;
    }
    const { brokenPaths } = node.machine.disk.faults;
    brokenPaths.add(secondPath);
    this.brokenDirectories.add(node.id);
    this.#after(this.#random.between(100, this.#random.pick([500, 3_000, 8_000])), () =>
      brokenPaths.delete(secondPath),
    );
    return true;
  }

  // ---- Disks ----

  #disk(kind: "slowDisk" | "syncError" | "fullDisk", node: SimNode): boolean {
    const { faults } = node.machine.disk;
    // Under `os` a failed sync takes what counted with it, on one node after another.
    if (kind === "syncError" && this.#options.plan.flushPolicy === "os") return false;
    if (kind === "slowDisk") faults.slowFactor = this.#random.pick([10, 100, 1_000]);
    if (kind === "syncError") faults.syncErrorRate = this.#random.pick([0.05, 0.5, 1]);
    if (kind === "fullDisk") {
      const drawn = this.#random.below(20_000);
      // Half of the time so little that small writes are refused too.
      faults.capacityBytes = node.machine.disk.usedBytes + (drawn % 2 === 0 ? drawn : drawn % 600);
    }
    if (kind === "syncError") this.troubledDisks.add(node.id);
    this.#after(this.#random.between(100, 2_000), () => this.#healDisk(node));
    return true;
  }

  #healDisk(node: SimNode): void {
    Object.assign(node.machine.disk.faults, { slowFactor: 1, syncErrorRate: 0, capacityBytes: 2 ** 40 });
    if (this.#isOver) node.machine.disk.faults.brokenPaths.clear();
  }

  // ---- Network ----

  #network(kind: FaultKind, node: SimNode): boolean {
    const { cluster, clients } = this.#options;
    const { fabric } = cluster.world;
    const others = cluster.nodes.filter((other) => other !== node).map(({ name }) => name);
    const other = this.#random.pick([...others, ...others, ...clients]);
    const durationMs = this.#random.between(100, this.#random.pick([500, 3_000, 6_000]));
    if (kind === "reset") {
      fabric.reset(node.name, this.#random.chance(0.3) ? "*" : other);
    } else if (kind === "isolation") {
      fabric.isolate(node.name);
      this.#after(durationMs, () => fabric.heal(node.name, "*"));
    } else if (kind === "oneWayCut") {
      const [from, to] = this.#random.chance(0.5) ? [node.name, other] : [other, node.name];
      fabric.blackHole(from, to);
      this.#after(durationMs, () => fabric.heal(from, to));
    } else {
      fabric.setDelay(node.name, other, [20, this.#random.pick([100, 500])]);
      this.#after(durationMs, () => fabric.setDelay(node.name, other, fabric.settings.delayMs));
    }
    return true;
  }
}
