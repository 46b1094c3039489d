// shell: the connections to all brokers, each opened when first needed and again when it broke, never more
// often than the backoff allows. A broker has one connection a lane, so that a long poll does not hold up
// what should be quick.
import { Backoff } from "../../base/backoff.ts";
import type { ClientEnv } from "../../base/ports/env.ts";
import type { Address } from "../../base/ports/network.ts";
import { addressText } from "../connection/address.ts";
import { Connection, type ConnectionSettings } from "../connection/connection.ts";
import { asError, ClientError } from "../errors.ts";
import { type OnClientEvent, tell } from "../events.ts";
import { closedError, type Sleeper } from "./sleeper.ts";

/** What a connection is for. */
export type Lane = "control" | "produce" | "fetch" | "group";

interface Link {
  readonly address: Address;
  readonly lane: Lane;
  readonly backoff: Backoff;
  connection: Connection | null;
  opening: Promise<Connection> | null;
  /** No new attempt before this moment (monotonic). */
  retryAtMs: number;
}

export interface LinkSettings extends ConnectionSettings {
  readonly retryBackoffMs: number;
  readonly retryBackoffMaxMs: number;
  readonly onEvent: OnClientEvent | null;
}

export class BrokerLinks {
  readonly #env: ClientEnv;
  readonly #settings: LinkSettings;
  readonly #sleeper: Sleeper;
  readonly #links = new Map<string, Link>();

  constructor(env: ClientEnv, settings: LinkSettings, sleeper: Sleeper) {
    this.#env = env;
    this.#settings = settings;
    this.#sleeper = sleeper;
  }

  /** The open connection, or null. */
  open(address: Address, lane: Lane): Connection | null {
    const link = this.#links.get(keyOf(address, lane));
    return link?.connection?.isOpen ? link.connection : null;
  }

  /** The connection, opened if need be and as soon as the backoff allows. Rejects with ClientError. */
  connect(address: Address, lane: Lane): Promise<Connection> {
    const key = keyOf(address, lane);
    let link = this.#links.get(key);
    if (link === undefined) {
      const { retryBackoffMs: baseMs, retryBackoffMaxMs: maxMs } = this.#settings;
      const backoff = new Backoff({ baseMs, maxMs }, this.#env.random);
      link = { address, lane, backoff, connection: null, opening: null, retryAtMs: 0 };
      this.#links.set(key, link);
    }
    if (link.connection?.isOpen) return Promise.resolve(link.connection);
    link.opening ??= this.#openLink(link);
    return link.opening;
  }

  /** Closes what leads to this address, in every lane: it is of no use any more. */
  drop(address: Address, reason: string): void {
    const error = new ClientError("CONNECTION_LOST", `${addressText(address)}: ${reason}`, {
      mayHaveBeenWritten: true,
    });
    for (const lane of ["control", "produce", "fetch", "group"] as const) {
      this.#links.get(keyOf(address, lane))?.connection?.close(error);
    }
  }

  /** The addresses to which a connection stands in this lane. */
  connected(lane: Lane): Connection[] {
    const open: Connection[] = [];
    for (const [key, link] of this.#links) {
      if (key.startsWith(`${lane} `) && link.connection?.isOpen) open.push(link.connection);
    }
    return open;
  }

  close(): void {
    for (const link of this.#links.values()) link.connection?.close(closedError());
  }

  async #openLink(link: Link): Promise<Connection> {
    try {
      const waitMs = link.retryAtMs - this.#env.clock.monotonicMs();
      if (waitMs > 0) await this.#sleeper.sleep(waitMs);
      if (this.#sleeper.isClosed) throw closedError();
      const connection = await Connection.open(this.#env, link.address, this.#settings);
      if (this.#sleeper.isClosed) {
        connection.close(closedError());
        throw closedError();
      }
      link.backoff.reset();
      link.connection = connection;
      this.#tell(link, "connected");
      connection.onClose = () => {
        link.connection = null;
        this.#tell(link, "disconnected");
        this.#delay(link);
      };
      return connection;
    } catch (error) {
      this.#delay(link);
      const { onEvent } = this.#settings;
      const place = { address: addressText(link.address), lane: link.lane };
      if (!this.#sleeper.isClosed) tell(onEvent, { kind: "connectFailed", ...place, error: asError(error) });
      throw error;
    } finally {
      link.opening = null;
    }
  }

  #tell({ address, lane }: Link, kind: "connected" | "disconnected"): void {
    tell(this.#settings.onEvent, { kind, address: addressText(address), lane });
  }

  #delay(link: Link): void {
    link.retryAtMs = this.#env.clock.monotonicMs() + link.backoff.nextMs();
  }
}

function keyOf(address: Address, lane: Lane): string {
  return `${lane} ${addressText(address)}`;
}
