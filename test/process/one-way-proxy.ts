// test: a TCP proxy before each address, which can hold back what one party says to another, in one
// direction, for as long as a test likes. Bytes held back arrive once it is let go, as they would after a
// lossy network was mended; connections stay open. It knows parties by number; 0 is whoever is none of them.
import { createServer, connect as dial, type Server, type Socket } from "node:net";

interface Flow {
  from: number;
  to: number;
  source: Socket;
}

export class OneWayProxy {
  readonly #servers: Server[] = [];
  readonly #flows = new Set<Flow>();
  readonly #cuts = new Set<string>();
  readonly #whoConnects: (port: number, toPort: number) => number;

  /** `whoConnects` answers which party owns a local port that a connection came from. */
  constructor(whoConnects: (port: number, toPort: number) => number) {
    this.#whoConnects = whoConnects;
  }

  /** Listens on `port` for what party `to` listens for on `target`. */
  async listen(port: number, target: number, to: number): Promise<void> {
    const server = createServer({ pauseOnConnect: true }, (incoming) => {
      const from = this.#whoConnects(incoming.remotePort ?? 0, port);
      const outgoing = dial({ host: "127.0.0.1", port: target });
      this.#join(incoming, outgoing, { from, to });
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve());
    });
    this.#servers.push(server);
  }

  #join(incoming: Socket, outgoing: Socket, { from, to }: { from: number; to: number }): void {
    const there = { from, to, source: incoming };
    const back = { from: to, to: from, source: outgoing };
    for (const [flow, target] of [
      [there, outgoing],
      [back, incoming],
    ] as const) {
      this.#flows.add(flow);
      flow.source.setNoDelay(true);
      flow.source.on("data", (bytes) => {
        if (!target.write(bytes)) flow.source.pause();
      });
      target.on("drain", () => this.#let(flow));
      flow.source.on("end", () => target.end());
      flow.source.on("error", () => {});
      flow.source.on("close", () => {
        this.#flows.delete(flow);
        target.destroy();
      });
    }
    for (const flow of [there, back]) this.#let(flow);
  }

  #let(flow: Flow): void {
    if (this.#cuts.has(`${flow.from}>${flow.to}`)) flow.source.pause();
    else flow.source.resume();
  }

  #apply(): void {
    for (const flow of this.#flows) this.#let(flow);
  }

  /** What `from` says does not reach `to` any more; the other way is as it was. */
  cut(from: number, to: number): void {
    this.#cuts.add(`${from}>${to}`);
    this.#apply();
  }

  mendAll(): void {
    this.#cuts.clear();
    this.#apply();
  }

  /** Parties between which connections stand, as "from>to". */
  get links(): Set<string> {
    return new Set([...this.#flows].map(({ from, to }) => `${from}>${to}`));
  }

  async close(): Promise<void> {
    for (const { source } of this.#flows) source.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
