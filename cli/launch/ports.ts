// adapter: which ports a development cluster takes, and whether they are free.
import { createServer } from "node:net";

export interface BrokerPorts {
  kafka: number;
  peer: number;
  http: number;
}

/** Broker i (from 1) listens on port + 10 * (i - 1), and peers and HTTP on the next two. */
export function portsOf(firstPort: number, id: number): BrokerPorts {
  const kafka = firstPort + 10 * (id - 1);
  return { kafka, peer: kafka + 1, http: kafka + 2 };
}

/** The ports that something else listens on already. */
export async function portsInUse(host: string, ports: readonly number[]): Promise<number[]> {
  const used = await Promise.all(ports.map(async (port) => ((await isFree(host, port)) ? [] : [port])));
  return used.flat();
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/**
 * A first port with which all brokers find theirs free: for tests and demos that must not disturb anything.
 */
export async function freeFirstPort(host: string, brokers: number): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const first = 20_000 + 10 * brokers * Math.floor(Math.random() * 1_000);
    if (first + 10 * brokers > 60_000) continue;
    const wanted = Array.from({ length: brokers }, (_, i) => Object.values(portsOf(first, i + 1))).flat();
    if ((await portsInUse(host, wanted)).length === 0) return first;
  }
  throw new Error(`no ${brokers * 3} free ports found between 20000 and 60000 on ${host}`);
}
