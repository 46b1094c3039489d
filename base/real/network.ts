// adapter: TCP through node:net. All connections receive into one shared slab: a fresh buffer for each read
// costs more than all else that is done to a small request.
import { createServer, type Socket as NodeSocket, connect as tcpConnect } from "node:net";
import { limits } from "../limits.ts";
import type { Listener, Network, Socket } from "../ports/network.ts";
import { acceptedSocket, openingSocket } from "./socket.ts";

/** What is read at once: several requests, or a batch of usual size with what stands around it. */
const receiveSlabBytes = 256 * 1024;

/** On Windows a read holds its buffer while it waits, so sockets cannot share one there. */
const sharesSlab = process.platform !== "win32";
let sharedSlab: Buffer | null = null;

function receiveSlab(): Buffer {
  if (!sharesSlab) return Buffer.allocUnsafeSlow(receiveSlabBytes);
  sharedSlab ??= Buffer.allocUnsafeSlow(receiveSlabBytes);
  return sharedSlab;
}

export function realNetwork(): Network {
  return { listen, connect };
}

function listen(options: {
  host: string;
  port: number;
  onConnection: (socket: Socket) => void;
}): Promise<Listener> {
  const server = createServer({
    noDelay: true,
    pauseOnConnect: true,
    highWaterMark: limits.socketHighWaterBytes,
  });
  server.maxConnections = limits.connectionsMax;
  server.on("connection", (socket) => options.onConnection(acceptedSocket(socket, receiveSlab())));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.host, port: options.port }, () => {
      server.off("error", reject);
      // Later errors are of single connections (out of descriptors); accepting goes on by itself.
      server.on("error", () => {});
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : options.port;
      resolve({ address: { host: options.host, port }, close: () => stopListening(server) });
    });
  });
}

/** Node's own callback waits until every connection is over; the port is free one turn after the call. */
function stopListening(server: ReturnType<typeof createServer>): Promise<void> {
  return new Promise((resolve) => {
    server.close();
    setImmediate(resolve);
  });
}

function connect(options: { host: string; port: number; timeoutMs: number }): Promise<Socket> {
  const { host, port, timeoutMs } = options;
  return new Promise((resolve, reject) => {
    const opening = openingSocket(receiveSlab(), (onread) =>
      tcpConnect({ host, port, noDelay: true, onread, highWaterMark: limits.socketHighWaterBytes } as never),
    );
    const { node } = opening;
    node.pause();
    const timer = setTimeout(() => {
      const text = `connect to ${host}:${port}: no answer within ${timeoutMs} ms`;
      node.destroy(Object.assign(new Error(text), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    const stopWaiting = (): void => {
      clearTimeout(timer);
      node.off("error", fail);
      node.off("connect", succeed);
    };
    const fail = (error: Error): void => {
      stopWaiting();
      ignoreErrors(node);
      reject(error);
    };
    const succeed = (): void => {
      stopWaiting();
      resolve(opening.opened({ host, port }));
    };
    node.once("error", fail);
    node.once("connect", succeed);
  });
}

function ignoreErrors(node: NodeSocket): void {
  node.on("error", () => {});
}
