// shell: the wire between brokers that is not gRPC: the other pair around PeerApi, for the simulation and for
// brokers that share a process. Streams and calls run over ordered links, and every message is encoded and
// decoded on its way.
//
// As with gRPC, a call that is broken off rejects and its caller cannot know whether it was carried out; an
// invariant broken while answering stops the process.
import { InvariantError } from "../../base/assert.ts";
import type { Env } from "../../base/ports/env.ts";
import type { Link, Links } from "../../base/ports/links.ts";
import { type MessageCodec, peerCodecs } from "../../proto/peer/codec.ts";
import type { PeerApi, PeerCaller, PeerStream, Peers } from "../../proto/peer/peer-api.ts";

/** Gets every message at the moment in which its sender gives it away. */
export type PeerTap = (message: { from: string; to: string; service: string; value: unknown }) => void;

const connectTimeoutMs = 1_000;

const streams = {
  session: { up: peerCodecs.SessionBeat, down: peerCodecs.SessionAnswer },
  raft: { up: peerCodecs.RaftMessage, down: peerCodecs.RaftMessage },
  pull: { up: peerCodecs.PullPositions, down: peerCodecs.PullData },
} as const;

const calls = {
  forward: { request: peerCodecs.ForwardRequest, response: peerCodecs.ForwardResponse },
  registerBroker: { request: peerCodecs.RegisterBrokerRequest, response: peerCodecs.RegisterBrokerResponse },
  alterPartition: { request: peerCodecs.AlterPartitionRequest, response: peerCodecs.AlterPartitionResponse },
  allocateProducerIds: {
    request: peerCodecs.AllocateProducerIdsRequest,
    response: peerCodecs.AllocateProducerIdsResponse,
  },
} as const;

type CallName = keyof typeof calls;

export interface LinkWiring {
  readonly links: Links;
  readonly env: Pick<Env, "clock" | "host" | "log">;
  /** This machine's. */
  readonly name: string;
  readonly tap?: PeerTap;
}

/** How one process reaches its peers. Addresses name machines; ports are not looked at. */
export function peersOver(wiring: LinkWiring): Peers {
  return { connect: ({ host }) => new LinkCaller(wiring, host) };
}

class LinkCaller implements PeerCaller {
  readonly #wiring: LinkWiring;
  readonly #to: string;
  readonly #active = new Set<() => void>();

  constructor(wiring: LinkWiring, to: string) {
    this.#wiring = wiring;
    this.#to = to;
  }

  forward: PeerCaller["forward"] = (request, options) => this.#call("forward", request, options);

  registerBroker: PeerCaller["registerBroker"] = (request, options) =>
    this.#call("registerBroker", request, options);

  alterPartition: PeerCaller["alterPartition"] = (request, options) =>
    this.#call("alterPartition", request, options);

  allocateProducerIds: PeerCaller["allocateProducerIds"] = (request, options) =>
    this.#call("allocateProducerIds", request, options);

  openSession: PeerCaller["openSession"] = () =>
    this.#open("session", streams.session.up, streams.session.down);

  openRaft: PeerCaller["openRaft"] = () => this.#open("raft", streams.raft.up, streams.raft.down);

  openPull: PeerCaller["openPull"] = () => this.#open("pull", streams.pull.up, streams.pull.down);

  close(): void {
    for (const end of [...this.#active]) end();
  }

  #open<Out, In>(service: string, out: MessageCodec<Out>, into: MessageCodec<In>): PeerStream<Out, In> {
    const { links, name, tap } = this.#wiring;
    const to = this.#to;
    const link = links.open(to, service, { timeoutMs: connectTimeoutMs });
    const stream = new LinkStream<Out, In>(link, {
      out,
      into,
      sent: (value) => tap?.({ from: name, to, service, value }),
      onOver: () => void this.#active.delete(breakOff),
    });
    const breakOff = (): void => stream.breakOff(new Error(`the connection to ${to} was closed here`));
    this.#active.add(breakOff);
    return stream;
  }

  #call<Req, Res>(name: CallName, request: Req, { timeoutMs }: { timeoutMs: number }): Promise<Res> {
    const { links, env, tap, name: from } = this.#wiring;
    const to = this.#to;
    const codecs = calls[name] as unknown as { request: MessageCodec<Req>; response: MessageCodec<Res> };
    return new Promise((resolve, reject) => {
      const link = links.open(to, name, { timeoutMs: Math.min(timeoutMs, connectTimeoutMs) });
      const finish = (settle: () => void): void => {
        if (!this.#active.delete(cancel)) return;
        timer.cancel();
        link.destroy();
        settle();
      };
      const fail = (why: string): void => finish(() => reject(new Error(`${name} to ${to}: ${why}`)));
      const cancel = (): void => fail("cancelled");
      const timer = env.clock.after(timeoutMs, () => fail(`no answer within ${timeoutMs} ms`));
      this.#active.add(cancel);
      link.start({
        onMessage: (bytes) => finish(() => resolve(codecs.response.decode(bytes))),
        onClose: (error) => fail(error?.message ?? "closed"),
      });
      tap?.({ from, to, service: name, value: request });
      link.send(codecs.request.encode(request));
    });
  }
}

class LinkStream<Out, In> implements PeerStream<Out, In> {
  readonly #link: Link;
  readonly #options: {
    out: MessageCodec<Out>;
    into: MessageCodec<In>;
    sent: (value: Out) => void;
    onOver: () => void;
  };
  #onClose: ((error: Error | null) => void) | null = null;
  #isOver = false;

  constructor(
    link: Link,
    options: {
      out: MessageCodec<Out>;
      into: MessageCodec<In>;
      sent: (value: Out) => void;
      onOver: () => void;
    },
  ) {
    this.#link = link;
    this.#options = options;
  }

  start(events: { onMessage(message: In): void; onClose(error: Error | null): void }): void {
    this.#onClose = (error) => events.onClose(error);
    this.#link.start({
      onMessage: (bytes) => {
        if (!this.#isOver) events.onMessage(this.#options.into.decode(bytes));
      },
      onClose: (error) => this.#over(error),
    });
  }

  send(message: Out): void {
    if (this.#isOver) return;
    this.#options.sent(message);
    this.#link.send(this.#options.out.encode(message));
  }

  close(): void {
    this.#link.end();
  }

  breakOff(error: Error): void {
    this.#link.destroy();
    this.#over(error);
  }

  #over(error: Error | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.onOver();
    this.#onClose?.(error);
  }
}

/** Offers a node to its peers. */
export function servePeers(api: PeerApi, wiring: LinkWiring): void {
  const { links, name, tap } = wiring;
  const serve = <Out, In>(
    service: string,
    codecs: { out: MessageCodec<Out>; into: MessageCodec<In> },
    accept: (stream: PeerStream<Out, In>) => void,
  ): void => {
    links.listen(service, (link) => {
      const sent = (value: Out): void => tap?.({ from: name, to: link.remote, service, value });
      accept(new LinkStream(link, { ...codecs, sent, onOver: () => {} }));
    });
  };
  const { session, raft, pull } = streams;
  serve("session", { out: session.down, into: session.up }, (stream) => api.session(stream));
  serve("raft", { out: raft.down, into: raft.up }, (stream) => api.raft(stream));
  serve("pull", { out: pull.down, into: pull.up }, (stream) => api.pull(stream));
  for (const call of Object.keys(calls) as CallName[]) {
    links.listen(call, (link) => serveCall(call, link, { ...wiring, api }));
  }
}

function serveCall(call: CallName, link: Link, wiring: LinkWiring & { api: PeerApi }): void {
  const { api, env, name, tap } = wiring;
  const codecs = calls[call] as unknown as { request: MessageCodec<object>; response: MessageCodec<object> };
  const run = (api[call] as (request: object) => Promise<object>).bind(api);
  const failed = (error: unknown): void => {
    if (error instanceof InvariantError) env.host.halt(`${call}: ${error.message}`);
    env.log.warn({ method: call, error: String(error) }, "a call of a peer failed");
    link.destroy();
  };
  link.start({
    onMessage: (bytes) => {
      const answered = (response: object): void => {
        tap?.({ from: name, to: link.remote, service: call, value: response });
        link.send(codecs.response.encode(response));
        link.end();
      };
      try {
        run(codecs.request.decode(bytes)).then(answered, failed);
      } catch (error) {
        failed(error);
      }
    },
    onClose: () => {},
  });
}
