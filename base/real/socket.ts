// adapter: one TCP connection behind the Socket port, for both ways of receiving.
import type { Socket as NodeSocket, OnReadOpts } from "node:net";
import { assert } from "../assert.ts";
import { limits } from "../limits.ts";
import type { Address, Socket, SocketEvents } from "../ports/network.ts";
import { takeOver } from "./take-over.ts";

/** A socket that Node accepted, paused. It receives into `slab` where Node lets it. */
export function acceptedSocket(node: NodeSocket, slab: Buffer): Socket {
  const remote = { host: node.remoteAddress ?? "", port: node.remotePort ?? 0 };
  let pooled: RealSocket | null = null;
  const callback = (length: number): boolean => {
    pooled?.deliver(slab.subarray(0, length));
    return true;
  };
  const taken = takeOver(node, { buffer: slab, callback });
  if (taken !== null) {
    pooled = new RealSocket(taken, remote);
    return pooled;
  }
  const socket = new RealSocket(node, remote);
  node.on("data", (chunk: Buffer) => socket.deliver(chunk));
  // Listening for data sets Node's stream going; it waits for `start`.
  node.pause();
  return socket;
}

/** A socket that is being opened and will receive into `slab`. */
export function openingSocket(
  slab: Buffer,
  open: (onread: OnReadOpts) => NodeSocket,
): { node: NodeSocket; opened: (remote: Address) => Socket } {
  let socket: RealSocket | null = null;
  const callback = (length: number): boolean => {
    socket?.deliver(slab.subarray(0, length));
    // False would stop the reading; `pause` does that itself.
    return true;
  };
  const node = open({ buffer: slab, callback });
  return {
    node,
    opened: (remote) => {
      socket = new RealSocket(node, remote);
      return socket;
    },
  };
}

class RealSocket implements Socket {
  readonly remote: Address;
  private readonly node: NodeSocket;
  private events: SocketEvents | null = null;
  private error: Error | null = null;
  private needsDrain = false;
  private isDestroyed = false;
  private isClosed = false;

  constructor(node: NodeSocket, remote: Address) {
    this.node = node;
    this.remote = remote;
    node.on("error", (error) => {
      this.error ??= error;
    });
    node.on("drain", () => this.drained());
    node.on("close", () => this.closed());
  }

  start(events: SocketEvents): void {
    assert(this.events === null, "a socket should be started once");
    this.events = events;
    // It was over before anybody listened: that is still news, but not inside this call.
    if (this.isClosed) process.nextTick(() => this.closed());
    else this.node.resume();
  }

  deliver(chunk: Uint8Array): void {
    if (!this.isDestroyed) this.events?.onData(chunk);
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const { node } = this;
    if (!node.writable || this.isDestroyed) return true;
    if (chunks.length === 1) {
      node.write(chunks[0]!);
    } else {
      node.cork();
      for (const chunk of chunks) node.write(chunk);
      node.uncork();
    }
    if (node.writableLength <= limits.socketHighWaterBytes) return true;
    this.needsDrain = true;
    return false;
  }

  pendingBytes(): number {
    return this.node.writableLength;
  }

  pause(): void {
    this.node.pause();
  }

  resume(): void {
    this.node.resume();
  }

  end(): void {
    this.node.end();
  }

  destroy(): void {
    this.isDestroyed = true;
    this.node.destroy();
  }

  private drained(): void {
    if (!this.needsDrain) return;
    this.needsDrain = false;
    if (!this.isDestroyed) this.events?.onDrain();
  }

  private closed(): void {
    this.isClosed = true;
    const { events } = this;
    if (events === null) return;
    this.events = null;
    events.onClose(this.isDestroyed ? null : this.error);
  }
}
