// test: whole consensus nodes (driver, log on segments, vote file, snapshots) on the virtual machines of one
// world, with streams over its network; every message is encoded and decoded.
import type { Env } from "../../base/ports/env.ts";
import type { Link } from "../../base/ports/links.ts";
import { zeroUuid } from "../../base/uuid.ts";
import type { VirtualLinks } from "../../base/virtual/links.ts";
import type { VirtualNode } from "../../base/virtual/node.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { LogDirectory } from "../../cluster/log/log-directory.ts";
import type { PartitionLog } from "../../cluster/log/partition-log.ts";
import type { JournalEntry, JournalEvents } from "../../cluster/machine/journal.ts";
import { RaftNode } from "../../cluster/raft/driver/raft-node.ts";
import { type ConfiguredVoter, raftTiming } from "../../cluster/raft/driver/raft-settings.ts";
import { peerCodecs } from "../../proto/peer/codec.ts";
import type { PeerCaller, PeerStream, Peers, RaftMessage } from "../../proto/peer/peer-api.ts";

const codec = peerCodecs.RaftMessage;
const clusterId = "virtual-raft";

function streamOver(link: Link): PeerStream<RaftMessage, RaftMessage> {
  return {
    start: (events) =>
      link.start({
        onMessage: (bytes) => events.onMessage(codec.decode(bytes)),
        onClose: (error) => events.onClose(error),
      }),
    send: (message) => void link.send(codec.encode(message)),
    close: () => link.destroy(),
  };
}

/** Only what consensus needs. */
export function raftPeersOver(links: VirtualLinks): Peers {
  return {
    connect: ({ host }) =>
      ({
        openRaft: () => streamOver(links.open(host, "raft", { timeoutMs: 500 })),
        close: () => {},
      }) as Partial<PeerCaller> as PeerCaller,
  };
}

/** The values it was given, with snapshots of them. */
export class ListMachine implements JournalEvents {
  values: string[] = [];
  leadingIn: number | null = null;
  snapshotsTaken = 0;
  end = 0;
  epoch = -1;

  onCommitted(entries: readonly JournalEntry[]): void {
    for (const { envelope, value } of entries) {
      this.values.push(Buffer.from(value).toString());
      this.end = envelope.offset + 1;
      this.epoch = envelope.epoch;
    }
  }

  onSnapshot(snapshot: { end: number; epoch: number; bytes: Uint8Array }): void {
    this.snapshotsTaken += 1;
    this.values = JSON.parse(Buffer.from(snapshot.bytes).toString());
    this.end = snapshot.end;
    this.epoch = snapshot.epoch;
  }

  onLeading(epoch: number): void {
    this.leadingIn = epoch;
  }

  onNotLeading(): void {
    this.leadingIn = null;
  }

  get bytes(): Uint8Array {
    return Buffer.from(JSON.stringify(this.values));
  }
}

export class VirtualRaftHost {
  readonly id: number;
  readonly machine: VirtualNode;
  node: RaftNode | null = null;
  env: Env | null = null;
  log: PartitionLog | null = null;
  list = new ListMachine();
  private directory: LogDirectory | null = null;
  private readonly group: VirtualRaftGroup;

  constructor(group: VirtualRaftGroup, id: number) {
    this.group = group;
    this.id = id;
    this.machine = group.world.addNode(`n${id}`);
  }

  /** A new life, with what the disk holds. */
  async start(events: JournalEvents = this.newList()): Promise<void> {
    const env = this.machine.start();
    this.env = env;
    const directory = await LogDirectory.open({
      env,
      path: "/data",
      clusterId,
      nodeId: this.id,
      onFailed: (reason) => env.host.halt(reason),
    });
    this.directory = directory;
    const key = { topicName: "__cluster_metadata", partition: 0 };
    this.log = directory.openLog(key, zeroUuid, {
      segmentBytes: this.group.segmentBytes,
      segmentMs: 1e12,
      indexIntervalBytes: 4096,
      maxMessageBytes: 1e8,
      producerExpirationMs: 1e9,
    });
    env.disk.makeDirectory("/raft");
    await env.disk.syncDirectory("/");
    const node = new RaftNode({
      env,
      clusterId,
      nodeId: this.id,
      directoryId: directory.identity.directoryId,
      voters: this.group.voters,
      log: this.log,
      folder: "/raft",
      peers: raftPeersOver(this.machine.links),
      events,
      timing: raftTiming(this.group.electionTimeoutMs),
      trailingOffsets: 10,
    });
    this.node = node;
    this.machine.links.listen("raft", (link) => node.acceptStream(streamOver(link)));
    await node.start();
  }

  private newList(): ListMachine {
    this.list = new ListMachine();
    return this.list;
  }

  crash(kind: "process" | "power"): void {
    this.machine.crash({ kind });
    this.node = null;
  }

  async stop(): Promise<void> {
    await this.node?.stop();
    await this.directory?.close();
    this.node = null;
  }

  get isLeader(): boolean {
    return this.node?.isLeader() ?? false;
  }

  /** Appends as the leader that it is. */
  append(texts: readonly string[]): Promise<void> {
    const node = this.node!;
    const options = { epoch: node.term(), timestamp: this.env!.clock.wallMs() };
    return node.journal.append(
      texts.map((text) => Buffer.from(text)),
      options,
    ).committed;
  }

  snapshot(): Promise<void> {
    return this.node!.takeSnapshot(this.list.end, this.list.epoch, this.list.bytes);
  }
}

export class VirtualRaftGroup {
  readonly world: VirtualWorld;
  readonly hosts: VirtualRaftHost[] = [];
  readonly voters: ConfiguredVoter[];
  readonly electionTimeoutMs: number;
  readonly segmentBytes: number;

  constructor(options: {
    seed: number;
    voters: number;
    observers?: number;
    electionTimeoutMs?: number;
    segmentBytes?: number;
  }) {
    this.world = createVirtualWorld({ seed: options.seed });
    this.electionTimeoutMs = options.electionTimeoutMs ?? 300;
    this.segmentBytes = options.segmentBytes ?? 2_000;
    const ids = Array.from({ length: options.voters }, (_, index) => index + 1);
    this.voters = ids.map((id) => ({ id, host: `n${id}`, port: 1 }));
    const nodes = options.voters + (options.observers ?? 0);
    for (let id = 1; id <= nodes; id += 1) this.hosts.push(new VirtualRaftHost(this, id));
  }

  host(id: number): VirtualRaftHost {
    return this.hosts[id - 1]!;
  }

  get leader(): VirtualRaftHost | undefined {
    const leaders = this.hosts.filter((host) => host.isLeader);
    return leaders.sort((a, b) => b.node!.term() - a.node!.term())[0];
  }

  async startAll(): Promise<void> {
    await this.world.run(Promise.all(this.hosts.map((host) => host.start())));
  }

  async until(condition: () => boolean, withinMs = 20_000): Promise<void> {
    const result = await this.world.runUntil(condition, { withinMs });
    if (result !== "done") throw new Error(`it did not come about: ${result}; ${this.describe()}`);
  }

  /** Waits for a leader, and has it commit these as one batch. */
  async commit(texts: readonly string[]): Promise<VirtualRaftHost> {
    await this.until(() => this.leader !== undefined);
    const leader = this.leader!;
    await this.world.run(leader.append(texts));
    return leader;
  }

  describe(): string {
    return this.hosts.map((host) => JSON.stringify(host.node?.status() ?? null)).join("\n");
  }
}
