// test: a real cluster of processes in a temporary folder on free ports, gone at the end of the test.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DevCluster, type DevClusterOptions } from "../../cli/launch/dev-cluster.ts";
import { freeFirstPort } from "../../cli/launch/ports.ts";
import { Admin } from "../../client/index.ts";

/** A folder that goes at the end of the scope, after everything that was begun in the scope later. */
export function temporaryFolder(name: string): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), name));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

export interface RunningCluster extends AsyncDisposable {
  cluster: DevCluster;
  admin: Admin;
}

export async function runCluster(options: {
  brokers: number;
  settings?: Readonly<Record<string, string>>;
  firstPort?: number;
  settingsOf?: DevClusterOptions["settingsOf"];
  environment?: Readonly<Record<string, string>>;
  /** Kept at the end when given, made and removed otherwise. */
  path?: string;
}): Promise<RunningCluster> {
  const path = options.path ?? mkdtempSync(join(tmpdir(), "ottla-test-"));
  const cluster = await DevCluster.start({
    path,
    brokers: options.brokers,
    firstPort: options.firstPort ?? (await freeFirstPort("127.0.0.1", options.brokers)),
    settings: options.settings ?? {},
    settingsOf: options.settingsOf ?? (() => ({})),
    environment: options.environment ?? {},
  });
  try {
    await cluster.ready({ timeoutMs: 60_000 });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  const admin = new Admin({ bootstrap: cluster.bootstrap });
  return {
    cluster,
    admin,
    async [Symbol.asyncDispose]() {
      await admin.close();
      await cluster.stop();
      if (options.path === undefined) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Creates a topic and waits until every partition is led with all replicas in sync. */
export async function createTopic(
  admin: Admin,
  name: string,
  partitions: number,
  replicationFactor: number,
): Promise<void> {
  await admin.createTopics([{ name, partitions, replicationFactor }]);
  await inSync(admin, name, replicationFactor);
}

/** Waits until every partition of the topic has so many in-sync replicas. */
export async function inSync(admin: Admin, name: string, replicas: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const state = await describe(admin, name);
    if (
      state.length > 0 &&
      state.every((partition) => partition.leader >= 0 && partition.isr.length === replicas)
    )
      return;
    if (performance.now() > deadline)
      throw new Error(`${name} is not in sync after 60 s: ${JSON.stringify(state)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function describe(admin: Admin, name: string) {
  try {
    return (await admin.describeTopics([name]))[0]!.partitions;
  } catch {
    return [];
  }
}
