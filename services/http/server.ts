// adapter: the HTTP door, for those who watch a node: /livez, /readyz, /metrics, /timeline. It only observes;
// nothing is changed through it.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { limits } from "../../base/limits.ts";
import type { Address } from "../../base/ports/network.ts";

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Why the node is not ready to serve; empty when it is. */
  readonly notReady: () => readonly string[];
  /** The Prometheus text exposition. */
  readonly metrics: () => Promise<string>;
  /** Events from this sequence number on, as they go into JSON. */
  readonly timeline: (from: number) => unknown;
}

export interface HttpServer {
  /** Where it listens; the real port when 0 was asked for. */
  readonly address: Address;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

// An import would load what the module only offers on request, fetch and WebSockets: megabytes of them.
const { createServer } = process.getBuiltinModule("node:http");
const text = "text/plain; charset=utf-8";
const json = "application/json";
const requestTimeoutMs = 10_000;
const headerBytesMax = 8 * 1024;

/** Rejects with an Error whose `code` is EADDRINUSE (or other) when it cannot listen. */
export function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const server = createServer({ maxHeaderSize: headerBytesMax, requestTimeout: requestTimeoutMs });
  server.headersTimeout = requestTimeoutMs;
  server.keepAliveTimeout = requestTimeoutMs;
  server.maxConnections = limits.httpConnectionsMax;
  server.on("request", (request, response) => void respond(options, request, response));
  return listen(server, options);
}

function listen(server: Server, { host, port }: Address): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      server.on("error", () => {});
      const bound = server.address();
      const real = typeof bound === "object" && bound !== null ? bound.port : port;
      resolve({ address: { host, port: real }, close: () => close(server) });
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function respond(
  options: HttpServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(options, request);
  } catch (error) {
    answer = { status: 500, type: text, body: `${error instanceof Error ? error.message : error}\n` };
  }
  // A body that nobody asked for is not waited for.
  const headers = { "content-type": answer.type, "cache-control": "no-store" };
  const closing = request.method === "GET" ? {} : { connection: "close" };
  response.writeHead(answer.status, { ...headers, ...closing }).end(answer.body);
}

async function answerTo(options: HttpServerOptions, request: IncomingMessage): Promise<Answer> {
  if (request.method !== "GET") return { status: 405, type: text, body: "only GET is answered here\n" };
  const url = new URL(request.url ?? "/", "http://node");
  switch (url.pathname) {
    case "/livez":
      return { status: 200, type: text, body: "ok\n" };
    case "/readyz":
      return readiness(options.notReady(), request);
    case "/metrics":
      return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: await options.metrics() };
    case "/timeline":
      return timeline(options, url.searchParams.get("from") ?? "0");
    default: {
      const body = `${url.pathname} is not here; /livez, /readyz, /metrics and /timeline are\n`;
      return { status: 404, type: text, body };
    }
  }
}

function readiness(reasons: readonly string[], request: IncomingMessage): Answer {
  const ready = reasons.length === 0;
  const status = ready ? 200 : 503;
  if (request.headers.accept?.includes(json)) {
    return { status, type: json, body: `${JSON.stringify({ ready, reasons })}\n` };
  }
  return { status, type: text, body: ready ? "ready\n" : reasons.map((reason) => `${reason}\n`).join("") };
}

function timeline(options: HttpServerOptions, from: string): Answer {
  if (!/^\d{1,15}$/.test(from)) {
    return {
      status: 400,
      type: text,
      body: `from is "${from.slice(0, 40)}"; it must be a sequence number\n`,
    };
  }
  return { status: 200, type: json, body: `${JSON.stringify(options.timeline(Number(from)))}\n` };
}
