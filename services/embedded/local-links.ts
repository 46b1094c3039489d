// shell: the network between brokers that share a process: links with whole messages, in order, delivered in
// a later turn. A broker can be cut off: its links then seem to live on, as over a network that swallows
// everything, until the other end has waited too long.
//
//     send --> inbox of the other end --(not cut, other end runs and has started)--> its life --> onMessage
import { assert } from "../../base/assert.ts";
import { limits } from "../../base/limits.ts";
import type { Clock, Timer } from "../../base/ports/clock.ts";
import type { Link, LinkEvents, Links } from "../../base/ports/links.ts";
import type { BrokerLife } from "./broker-life.ts";

/** Messages that stand still for this long break their link, as the keepalive of gRPC would. */
const stallMs = 4_000;

interface Listening {
  readonly life: BrokerLife;
  readonly onLink: (link: Link) => void;
}

export class LocalNetwork {
  readonly #clock: Clock;
  readonly #listening = new Map<string, Listening>();
  readonly #cutOff = new Set<string>();
  readonly #links = new Set<Connection>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The network as one life of the machine sees it. */
  linksOf(life: BrokerLife): Links {
    life.onFlow(() => this.#look());
    return {
      listen: (service, onLink) => {
        life.check();
        const key = `${life.name}/${service}`;
        const entry: Listening = { life, onLink };
        this.#listening.set(key, entry);
        const stop = (): void => {
          if (this.#listening.get(key) === entry) this.#listening.delete(key);
        };
        life.atEnd(stop);
        return stop;
      },
      open: (to, service, { timeoutMs }) => {
        life.check();
        const connection = new Connection({
          clock: this.#clock,
          isCut: () => this.#cutOff.has(life.name) || this.#cutOff.has(to),
          listening: () => this.#listening.get(`${to}/${service}`) ?? null,
          forget: (one) => this.#links.delete(one),
        });
        this.#links.add(connection);
        return connection.open({ life, to, timeoutMs });
      },
    };
  }

  /** Cuts a machine off from all others, or joins it to them again. */
  setCutOff(name: string, isCutOff: boolean): void {
    if (isCutOff) this.#cutOff.add(name);
    else this.#cutOff.delete(name);
    this.#look();
  }

  isCutOff(name: string): boolean {
    return this.#cutOff.has(name);
  }

  #look(): void {
    for (const link of [...this.#links]) link.look();
  }
}

interface Place {
  readonly clock: Clock;
  isCut(): boolean;
  listening(): Listening | null;
  forget(connection: Connection): void;
}

class Connection {
  readonly place: Place;
  /** Null until the other machine has accepted. */
  #server: LinkEnd | null = null;
  #client: LinkEnd | null = null;
  #knocking: Timer | null = null;

  constructor(place: Place) {
    this.place = place;
  }

  open(options: { life: BrokerLife; to: string; timeoutMs: number }): Link {
    const { life, to, timeoutMs } = options;
    const { clock } = this.place;
    const client = new LinkEnd({ connection: this, life, remote: to });
    const server = new LinkEnd({ connection: this, life: null, remote: life.name });
    client.join(server);
    this.#client = client;
    this.#knocking = clock.after(timeoutMs, () => this.#fail(`no answer within ${timeoutMs} ms`));
    clock.endOfTurn(() => this.look());
    return client;
  }

  /** Something may move that stood still. */
  look(): void {
    if (this.#knocking !== null) this.#knock();
    this.#client?.flow();
    this.#server?.flow();
  }

  #knock(): void {
    const client = this.#client!;
    const listening = this.place.listening();
    if (this.place.isCut()) return;
    if (listening === null) {
      this.#fail("nobody listens there");
      return;
    }
    if (!listening.life.runsAtOnce) return;
    this.#stopKnocking();
    const server = client.other!;
    this.#server = server;
    server.accepted(listening.life);
    listening.life.deliver(() => listening.onLink(server));
  }

  #fail(why: string): void {
    this.#stopKnocking();
    const client = this.#client!;
    client.over(new Error(`connect to ${client.remote}: ${why}`));
  }

  #stopKnocking(): void {
    this.#knocking?.cancel();
    this.#knocking = null;
  }

  /** An end is closed; with both closed there is nothing left. */
  ended(): void {
    const { place } = this;
    if (!this.#client!.isClosed) return;
    this.#stopKnocking();
    if (this.#server === null) this.#client!.other!.over(null);
    if (this.#server === null || this.#server.isClosed) place.forget(this);
  }
}

type Arrival = { kind: "message"; bytes: Uint8Array } | { kind: "finish" } | { kind: "reset"; error: Error };

class LinkEnd implements Link {
  readonly remote: string;
  readonly #connection: Connection;
  #life: BrokerLife | null;
  #events: LinkEvents | null = null;
  #other: LinkEnd | null = null;
  #inbox: Arrival[] = [];
  #inboxBytes = 0;
  #isFlowPlanned = false;
  #stall: Timer | null = null;
  #hasFinished = false;
  #takeBack: () => void = () => {};
  isClosed = false;

  constructor(options: { connection: Connection; life: BrokerLife | null; remote: string }) {
    this.remote = options.remote;
    this.#connection = options.connection;
    this.#life = options.life;
    this.#watchLife();
  }

  get other(): LinkEnd | null {
    return this.#other;
  }

  join(other: LinkEnd): void {
    this.#other = other;
    other.#other = this;
  }

  accepted(life: BrokerLife): void {
    this.#life = life;
    this.#watchLife();
  }

  start(events: LinkEvents): void {
    assert(this.#events === null, "a link should be started once");
    this.#events = events;
    this.#plan();
  }

  send(message: Uint8Array): boolean {
    this.#life?.check();
    if (this.isClosed || this.#hasFinished) return true;
    const other = this.#other!;
    other.#arrive({ kind: "message", bytes: message });
    if (other.#inboxBytes <= limits.peerStreamQueuedBytesMax) return true;
    const text = `${other.#inboxBytes} bytes are queued on a link to ${this.remote} and not taken`;
    this.#breakOff(new Error(text));
    return false;
  }

  end(): void {
    this.#life?.check();
    if (this.isClosed || this.#hasFinished) return;
    this.#hasFinished = true;
    this.#other!.#arrive({ kind: "finish" });
  }

  destroy(): void {
    this.#life?.check();
    if (!this.isClosed) this.#breakOff(null);
  }

  /** This end hears that it is over, in a later turn. */
  over(error: Error | null): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#stall?.cancel();
    this.#takeBack();
    const { life, events } = { life: this.#life, events: this.#events };
    if (life !== null && events !== null && !life.isOver) {
      this.#connection.place.clock.endOfTurn(() => life.deliver(() => events.onClose(error)));
    }
    this.#connection.ended();
  }

  flow(): void {
    this.#isFlowPlanned = false;
    const life = this.#life;
    while (this.#inbox.length > 0 && !this.isClosed) {
      if (life === null || this.#events === null || !life.runsAtOnce || this.#connection.place.isCut()) {
        this.#waitOn();
        return;
      }
      this.#stall?.cancel();
      this.#stall = null;
      this.#take(this.#inbox.shift()!, life, this.#events);
    }
  }

  #take(arrival: Arrival, life: BrokerLife, events: LinkEvents): void {
    if (arrival.kind === "message") {
      this.#inboxBytes -= arrival.bytes.length;
      life.deliver(() => {
        if (!this.isClosed) events.onMessage(arrival.bytes);
      });
      return;
    }
    if (arrival.kind === "finish" && !this.#hasFinished) {
      this.#hasFinished = true;
      this.#other!.#arrive({ kind: "finish" });
    }
    this.over(arrival.kind === "reset" ? arrival.error : null);
  }

  #arrive(arrival: Arrival): void {
    if (this.isClosed) return;
    this.#inbox.push(arrival);
    if (arrival.kind === "message") this.#inboxBytes += arrival.bytes.length;
    this.#plan();
  }

  #plan(): void {
    if (this.#isFlowPlanned || this.#inbox.length === 0) return;
    this.#isFlowPlanned = true;
    this.#connection.place.clock.endOfTurn(() => this.flow());
  }

  /** What cannot be delivered breaks the link in the end; the sender hears of it first. */
  #waitOn(): void {
    if (this.#inbox.at(-1)?.kind === "reset") return;
    this.#stall ??= this.#connection.place.clock.after(stallMs, () => {
      this.#stall = null;
      const error = new Error(`nothing that was sent was taken for ${stallMs} ms`);
      this.#other!.over(error);
      if (this.#life === null) this.over(error);
      else this.#arrive({ kind: "reset", error });
    });
  }

  #breakOff(error: Error | null): void {
    this.#other!.#arrive({ kind: "reset", error: new Error("the other end broke the link off") });
    this.over(error);
  }

  /** A broker that dies leaves its ends to the machine, which resets them. */
  #watchLife(): void {
    if (this.#life === null) return;
    this.#takeBack = this.#life.atEnd(() => {
      if (!this.isClosed) this.#breakOff(null);
    });
  }
}
