// test: the machines of one run: brokers, and clients beside them, in one simulated world.
import { type Uuid, uuidFromBytes } from "../../base/uuid.ts";
import type { TraceLine } from "../../base/virtual/trace.ts";
import { createVirtualWorld, type VirtualWorld } from "../../base/virtual/world.ts";
import { rackAwareSelector } from "../../services/config/broker-settings.ts";
import { resolveConfig } from "../../services/config/resolve.ts";
import type { PeerTap } from "../../services/peer/link-peers.ts";
import type { Plan } from "./plan.ts";
import { dataPath, kafkaPort, SimNode, type SimNodeOptions, secondPath } from "./sim-node.ts";

export interface SimClusterOptions {
  plan: Plan;
  onTrace?: TraceLine | undefined;
  tap: PeerTap;
  onTrouble: SimNodeOptions["onTrouble"];
}

export class SimCluster {
  readonly world: VirtualWorld;
  readonly nodes: SimNode[];
  readonly bootstrap: string;

  constructor({ plan, onTrace, tap, onTrouble }: SimClusterOptions) {
    const world = createVirtualWorld({
      seed: plan.seed,
      logLevel: "info",
      logLinesMax: 400,
      ...(onTrace === undefined ? {} : { onTrace }),
    });
    this.world = world;
    Object.assign(world.fabric.settings, plan.network);
    const random = world.random.fork("identities");
    const clusterId = uuidFromBytes(random.bytes(16));
    const directoryIds = Array.from({ length: plan.brokers }, () => uuidFromBytes(random.bytes(16)));
    this.nodes = directoryIds.map((directoryId, index) => {
      const config = configOf(plan, { id: index + 1, clusterId, directoryIds });
      return new SimNode({ world, config, directoryId, tap, onTrouble });
    });
    this.bootstrap = this.nodes.map(({ name }) => `${name}:${kafkaPort}`).join(",");
    for (const { machine } of this.nodes) Object.assign(machine.disk.faults, plan.disk);
  }

  node(id: number): SimNode {
    return this.nodes[id - 1]!;
  }
}

function configOf(plan: Plan, at: { id: number; clusterId: Uuid; directoryIds: readonly Uuid[] }) {
  const { id, clusterId, directoryIds } = at;
  const voters = directoryIds
    .slice(0, plan.voters)
    .map((directoryId, index) => `${index + 1}@n${index + 1}:1:${directoryId}`);
  const settings: Record<string, string> = {
    "node.id": String(id),
    "cluster.id": clusterId,
    "process.roles": id <= plan.voters || plan.shiftsVoters ? "broker,controller" : "broker",
    listeners: `PLAINTEXT://n${id}:${kafkaPort}`,
    "controller.quorum.voters": voters.join(","),
    "ottla.peer.listener": `n${id}:1`,
    "log.dirs": plan.directories === 2 ? `${dataPath},${secondPath}` : dataPath,
    "broker.rack": `rack-${id % 2}`,
    "replica.selector.class": rackAwareSelector,
    ...plan.settings,
  };
  return resolveConfig({
    environment: {},
    overrides: Object.entries(settings).map(([name, value]) => `${name}=${value}`),
  });
}
