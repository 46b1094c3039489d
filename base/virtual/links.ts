// adapter: ordered pipes of whole messages between simulated machines, with the delays, cuts and
// back-pressure of the simulated network. A simulated peer wire (streams and calls between brokers) is built
// on it.
import { assert } from "../assert.ts";
import type { Link, LinkEvents, Links } from "../ports/links.ts";
import type { End } from "./connection-end.ts";
import type { Fabric } from "./fabric.ts";
import type { Life } from "./life.ts";
import type { Wire } from "./wires.ts";

/** One end, with what only tests use. */
export interface PausableLink extends Link {
  pendingBytes(): number;
  pause(): void;
  resume(): void;
}

export class VirtualLinks implements Links {
  private readonly fabric: Fabric;
  private readonly life: Life;

  constructor(fabric: Fabric, life: Life) {
    this.fabric = fabric;
    this.life = life;
  }

  /** Accepts links to `service` on this machine; answers a function that stops. */
  listen(service: string, onLink: (link: PausableLink) => void): () => void {
    this.life.check();
    const { listeners } = this.fabric.host(this.life.name);
    const key = `link:${service}`;
    const taken = listeners.get(key);
    assert(taken === undefined || taken.life.revoked, `${key} should have one listener`);
    const entry = {
      life: this.life,
      onEnd: (wire: Wire, end: End, from: End): void => onLink(new VirtualLink(wire, end, from.host)),
    };
    listeners.set(key, entry);
    return () => {
      if (listeners.get(key) === entry) listeners.delete(key);
    };
  }

  /**
   * Opens a link at once; messages wait until it stands. If it never does, it closes with an error (refused,
   * or not there within `timeoutMs`).
   */
  open(to: string, service: string, options: { timeoutMs: number }): PausableLink {
    this.life.check();
    const connection = this.fabric.connect({
      life: this.life,
      from: this.life.name,
      to,
      key: `link:${service}`,
      timeoutMs: options.timeoutMs,
      framing: "messages",
    });
    return new VirtualLink(connection, connection.client, to);
  }
}

class VirtualLink implements PausableLink {
  readonly remote: string;
  private readonly wire: Wire;
  private readonly end_: End;

  constructor(wire: Wire, end: End, remote: string) {
    this.wire = wire;
    this.end_ = end;
    this.remote = remote;
  }

  start(events: LinkEvents): void {
    assert(this.end_.events === null, "a link should be started once");
    this.end_.events = {
      onItem: (message) => events.onMessage(message),
      onDrain: () => events.onDrain?.(),
      onClose: (error) => events.onClose(error),
    };
    this.wire.started(this.end_);
  }

  send(message: Uint8Array): boolean {
    return this.wire.send(this.end_, [message]);
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
