// test: a cluster of processes whose every connection, between peers and from clients, goes through a proxy
// that can cut it one way. What a broker listens for on port P is reached through the proxy's port P + 3.
import type { BrokerEntry } from "../../cli/launch/cluster-folder.ts";
import { freeFirstPort, portsOf } from "../../cli/launch/ports.ts";
import { Admin } from "../../client/index.ts";
import { OneWayProxy } from "./one-way-proxy.ts";
import { type RunningCluster, runCluster } from "./running-cluster.ts";
import { socketOwner } from "./socket-owner.ts";

export interface ProxiedCluster extends RunningCluster {
  proxy: OneWayProxy;
  /** Where clients connect: the proxies. */
  bootstrap: string;
}

const host = "127.0.0.1";
const proxied = (address: string): string => `${host}:${Number(address.split(":")[1]) + 3}`;

export async function runProxiedCluster(options: {
  brokers: number;
  settings?: Readonly<Record<string, string>>;
  environment?: Readonly<Record<string, string>>;
  path?: string;
}): Promise<ProxiedCluster> {
  let known: readonly BrokerEntry[] = [];
  const proxy = new OneWayProxy((from, to) =>
    socketOwner(new Map(known.map(({ pid, id }) => [pid, id])), from, to),
  );
  const firstPort = await freeFirstPort(host, options.brokers);
  for (let id = 1; id <= options.brokers; id++) {
    const { kafka, peer } = portsOf(firstPort, id);
    for (const port of [kafka, peer]) await proxy.listen(port + 3, port, id);
  }
  const settingsOf = (broker: BrokerEntry, all: readonly BrokerEntry[]) => {
    known = all;
    const voters = all.map((voter) => `${voter.id}@${proxied(voter.peer)}:${voter.directoryId}`);
    return {
      "advertised.listeners": `PLAINTEXT://${proxied(broker.kafka)}`,
      "ottla.peer.advertised.listener": proxied(broker.peer),
      "controller.quorum.voters": voters.join(","),
    };
  };
  const running = await runCluster({ ...options, firstPort, settingsOf }).catch(async (error) => {
    await proxy.close();
    throw error;
  });
  await running.admin.close();
  const bootstrap = known.map((broker) => proxied(broker.kafka)).join(",");
  const admin = new Admin({ bootstrap });
  return {
    cluster: running.cluster,
    admin,
    proxy,
    bootstrap,
    async [Symbol.asyncDispose]() {
      proxy.mendAll();
      await admin.close();
      await running[Symbol.asyncDispose]();
      await proxy.close();
    },
  };
}
