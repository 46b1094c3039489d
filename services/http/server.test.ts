// test: the HTTP door over a real socket.
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { type HttpServer, type HttpServerOptions, startHttpServer } from "./server.ts";

let server: HttpServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

async function start(options: Partial<HttpServerOptions> = {}): Promise<string> {
  server = await startHttpServer({
    host: "127.0.0.1",
    port: 0,
    notReady: () => [],
    metrics: async () => "a_total 1\n",
    timeline: (from) => [{ sequence: from }],
    ...options,
  });
  return `http://127.0.0.1:${server.address.port}`;
}

describe("the HTTP door", () => {
  it("says that the process lives", async () => {
    const answer = await fetch(`${await start()}/livez`);
    expect([answer.status, await answer.text()]).toEqual([200, "ok\n"]);
  });

  it("says whether the node is ready, and why not, as text or JSON", async () => {
    const reasons = ["the broker is fenced"];
    const base = await start({ notReady: () => reasons });
    const plain = await fetch(`${base}/readyz`);
    expect([plain.status, await plain.text()]).toEqual([503, "the broker is fenced\n"]);
    const asJson = await fetch(`${base}/readyz`, { headers: { accept: "application/json" } });
    expect(await asJson.json()).toEqual({ ready: false, reasons });
    reasons.pop();
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
  });

  it("exposes metrics, and reports when they cannot be had", async () => {
    const base = await start();
    const answer = await fetch(`${base}/metrics`);
    expect(await answer.text()).toBe("a_total 1\n");
    expect(answer.headers.get("content-type")).toContain("version=0.0.4");
    await server!.close();
    const broken = await start({ metrics: () => Promise.reject(new Error("no metrics today")) });
    const failed = await fetch(`${broken}/metrics`);
    expect([failed.status, await failed.text()]).toEqual([500, "no metrics today\n"]);
  });

  it("gives the timeline from a sequence number on", async () => {
    const base = await start();
    expect(await (await fetch(`${base}/timeline?from=7`)).json()).toEqual([{ sequence: 7 }]);
    expect((await fetch(`${base}/timeline?from=soon`)).status).toBe(400);
  });

  it("answers nothing else", async () => {
    const base = await start();
    expect((await fetch(`${base}/etc/passwd`)).status).toBe(404);
    expect((await fetch(`${base}/livez`, { method: "POST", body: "x" })).status).toBe(405);
  });

  it("survives what is no HTTP", async () => {
    const base = await start();
    const socket = connect(server!.address.port, "127.0.0.1");
    socket.on("error", () => {}).resume();
    socket.end("\x00\x01garbage\r\n\r\n");
    await new Promise((resolve) => socket.once("close", resolve));
    expect((await fetch(`${base}/livez`)).status).toBe(200);
  });
});
