// adapter: the Network port over the simulated network, for one life of one machine. Hosts are the names of
// the machines; "localhost" and loopback addresses are the machine itself.
import { assert } from "../assert.ts";
import type { Address, Listener, Network, Socket, SocketEvents } from "../ports/network.ts";
import { type End, networkError } from "./connection-end.ts";
import type { Fabric } from "./fabric.ts";
import { type Life, never } from "./life.ts";
import type { Wire } from "./wires.ts";

const selfNames = new Set(["localhost", "127.0.0.1", "::1", "0.0.0.0", "::"]);

export class VirtualNetwork implements Network {
  private readonly fabric: Fabric;
  private readonly life: Life;

  constructor(fabric: Fabric, life: Life) {
    this.fabric = fabric;
    this.life = life;
  }

  listen(options: { host: string; port: number; onConnection: (socket: Socket) => void }): Promise<Listener> {
    if (this.life.revoked) return never();
    const { fabric, life } = this;
    const host = fabric.host(life.name);
    const port = options.port === 0 ? host.nextPort++ : options.port;
    const key = `tcp:${port}`;
    const taken = host.listeners.get(key);
    if (taken !== undefined && !taken.life.revoked) {
      return Promise.reject(networkError("EADDRINUSE", `listen on ${life.name}:${port}`));
    }
    const entry = {
      life,
      onEnd: (wire: Wire, end: End, from: End): void => {
        const socket = new VirtualSocket(wire, end, { host: from.host, port: from.port });
        options.onConnection(socket);
        socket.checkStarted();
      },
    };
    host.listeners.set(key, entry);
    const close = async (): Promise<void> => {
      if (host.listeners.get(key) === entry) host.listeners.delete(key);
    };
    return Promise.resolve({ address: { host: life.name, port }, close });
  }

  connect(options: { host: string; port: number; timeoutMs: number }): Promise<Socket> {
    if (this.life.revoked) return never();
    const { fabric, life } = this;
    const to = selfNames.has(options.host) ? life.name : options.host;
    return new Promise((resolve, reject) => {
      const connection = fabric.connect({
        life,
        from: life.name,
        to,
        key: `tcp:${options.port}`,
        timeoutMs: options.timeoutMs,
        framing: "bytes",
      });
      connection.onOpen = (error) => {
        if (error !== null) {
          reject(error);
          return;
        }
        const socket = new VirtualSocket(connection, connection.client, { host: to, port: options.port });
        resolve(socket);
        const run = (): void => socket.checkStarted();
        fabric.scheduler.after(0, { label: "net.started", life, run });
      };
    });
  }
}

class VirtualSocket implements Socket {
  readonly remote: Address;
  private readonly wire: Wire;
  private readonly end_: End;

  constructor(wire: Wire, end: End, remote: Address) {
    this.wire = wire;
    this.end_ = end;
    this.remote = remote;
  }

  start(events: SocketEvents): void {
    assert(this.end_.events === null, "a socket should be started once");
    this.end_.events = {
      onItem: (bytes) => events.onData(bytes),
      onDrain: () => events.onDrain(),
      onClose: (error) => events.onClose(error),
    };
    this.wire.started(this.end_);
  }

  /** The real adapter would lose nothing by waiting, but the port says: in the same turn. */
  checkStarted(): void {
    const { events, isClosed, isDead } = this.end_;
    assert(
      events !== null || isClosed || isDead,
      `the socket of ${this.end_.host} to ${this.remote.host}:${this.remote.port} should have been started ` +
        "in the turn in which it was received",
    );
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return this.wire.send(this.end_, chunks);
  }

  pendingBytes(): number {
    return this.wire.pendingBytes(this.end_);
  }

  pause(): void {
    this.wire.setPaused(this.end_, true);
  }

  resume(): void {
    this.wire.setPaused(this.end_, false);
  }

  end(): void {
    this.wire.finish(this.end_);
  }

  destroy(): void {
    this.wire.destroy(this.end_);
  }
}
