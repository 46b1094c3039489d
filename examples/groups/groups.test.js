// The examples, on clusters inside the test (ottla/testing): node --test
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { Cluster } from "ottla/testing";
import { watchLag } from "./lag-watcher.ts";
import { accessLog, analyseLog } from "./live-log-analysis.ts";
import { ImpossibleOrder, orders, workOnOrders } from "./order-worker.ts";
import { payments, settle } from "./settlement.ts";
import { positions, VehiclePositions } from "./vehicle-positions.ts";

let cluster;
before(async () => {
  cluster = await Cluster.start({ brokers: 1 });
});
after(() => cluster?.stop());

async function until(condition) {
  const endMs = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < endMs, `not within 20 s: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const text = (bytes) => Buffer.from(bytes).toString();

test("live log analysis: instances share the log, and each minute is counted once, whole", async () => {
  await cluster.createTopic(accessLog, { partitions: 2 });
  const producer = cluster.producer();
  const line = (path, status, seconds) =>
    `10.0.0.7 - - [30/Nov/2026:10:03:12 +0000] "GET ${path} HTTP/1.1" ${status} 512 ${seconds}`;
  const write = async (minute, lines) => {
    const timestamp = Date.UTC(2026, 10, 30, 10, minute);
    for (const partition of [0, 1])
      for (const value of lines)
        await producer.send({ topic: accessLog, key: null, value, partition, timestamp });
  };
  const minutes = [];
  const start = () => {
    const stop = new AbortController();
    const onMinute = ({ partition, fromMs, ...counts }) => {
      minutes.push({ place: `${new Date(fromMs).getUTCMinutes()}/${partition}`, ...counts });
    };
    const done = analyseLog({ bootstrap: cluster.bootstrap, signal: stop.signal, onMinute });
    const end = () => {
      stop.abort();
      return done;
    };
    return { stop: end };
  };
  const members = async () => (await cluster.admin().describeGroups(["log-analysis"]))[0].members;
  const one = start();
  await write(1, [line("/a?x=1", 200, "0.010"), line("/slow", 200, "1.500"), "what is this?"]);
  await write(2, [line("/a", 404, "0.001")]);
  await until(() => minutes.length === 2);
  assert.deepEqual(
    [...minutes[0].statuses, ...minutes[0].slow],
    [
      ["200", 2],
      ["/slow", 1],
    ],
  );
  assert.equal(minutes[0].unreadable, 1);
  // A second one comes in the middle of a minute, and the first one goes.
  const two = start();
  await until(async () => {
    const all = await members();
    return all.length === 2 && all.every(({ assignment }) => assignment.length === 1);
  });
  await write(2, [line("/b", 200, "0.001")]);
  await one.stop();
  await write(3, [line("/a", 200, "0.001")]);
  await until(() => minutes.length === 4);
  await two.stop();
  assert.deepEqual(minutes.map(({ place }) => place).sort(), ["1/0", "1/1", "2/0", "2/1"]);
  for (const minute of minutes) assert.equal(minute.lines, minute.place.startsWith("1") ? 3 : 2);
});

test("vehicle positions: the whole table at the start, then what is new", async () => {
  await cluster.createTopic(positions, { partitions: 3, configs: { "cleanup.policy": "compact" } });
  const producer = cluster.producer();
  const say = (key, value) => producer.send({ topic: positions, key, value });
  for (let lat = 0; lat < 5; lat++) await say("tram 7", { lat, lon: 16.4, atMs: lat });
  await say("bus 13", { lat: 48.2, lon: 16.3, atMs: 1 });
  await say("bus 14", { lat: 48.3, lon: 16.3, atMs: 1 });
  await say("bus 14", null);
  await using table = await VehiclePositions.open(cluster.bootstrap);
  assert.deepEqual(table.whereIs("tram 7"), { lat: 4, lon: 16.4, atMs: 4 });
  assert.equal(table.whereIs("bus 14"), null);
  assert.equal(table.count, 2);
  await say("tram 7", { lat: 9, lon: 16.4, atMs: 9 });
  await say("bus 13", null);
  await until(() => table.whereIs("tram 7").lat === 9 && table.whereIs("bus 13") === null);
});

test("settlement: a day's sum is the same tomorrow, and late payments are in it", async () => {
  await cluster.createTopic(payments, { partitions: 3 });
  const producer = cluster.producer();
  const pay = (id, merchant, cents, time) =>
    producer.send({
      topic: payments,
      key: merchant,
      value: { id, merchant, cents },
      timestamp: new Date(time),
    });
  await pay("1", "bakery", 320, "2026-11-28T23:59:59.999Z");
  await pay("2", "bakery", 1_000, "2026-11-29T00:00Z");
  await pay("3", "kiosk", 250, "2026-11-29T12:00Z");
  await pay("3", "kiosk", 250, "2026-11-29T12:00Z");
  await pay("4", "kiosk", 999, "2026-11-30T00:00Z");
  await pay("5", "kiosk", -50, "2026-11-29T23:00Z");
  const day = { bootstrap: cluster.bootstrap, from: "2026-11-29", to: "2026-11-30" };
  const first = await settle(day);
  assert.deepEqual(first.merchants, [
    { merchant: "bakery", payments: 1, cents: 1_000 },
    { merchant: "kiosk", payments: 2, cents: 200 },
  ]);
  await pay("6", "kiosk", 70, "2026-11-30T08:00Z");
  assert.deepEqual(await settle(day), first);
});

test("order worker: in turn by customer, retried, put aside, and dead letters with the cause", async () => {
  await cluster.createTopic(orders, { partitions: 2 });
  const producer = cluster.producer();
  const order = (key, id, cents = 100) => producer.send({ topic: orders, key, value: { id, cents } });
  await order("gregor", "g1");
  await order("gregor", "shaky");
  await order("gregor", "g2");
  await order("grete", "free", 0);
  await order("josef", "later");
  await order("josef", "j1");
  await order("leni", "never");
  const [calls, done] = [new Map(), []];
  const carryOut = async ({ id, cents }, customer) => {
    const call = (calls.get(id) ?? 0) + 1;
    calls.set(id, call);
    if (cents <= 0) throw new ImpossibleOrder("it costs nothing");
    const fails = { shaky: 2, later: 3, never: 100 }[id] ?? 0;
    if (call <= fails) throw new Error(`call ${call} of ${id} fails`);
    done.push(`${customer} ${id}`);
  };
  const stop = new AbortController();
  const working = workOnOrders({
    bootstrap: cluster.bootstrap,
    signal: stop.signal,
    carryOut,
    delaysMs: [50, 100],
  });
  const dead = new Map();
  await using reader = cluster.consumer();
  const collect = async () => {
    if (!(await cluster.admin().listTopics()).some(({ name }) => name === "orders-dlq")) return;
    await reader.assign([{ topic: "orders-dlq", from: "earliest" }]);
    for await (const { value, headers } of reader.readToEnd())
      dead.set(JSON.parse(text(value)).id, new Map(headers.map((one) => [one.key, text(one.value)])));
  };
  await until(async () => {
    await collect();
    return dead.size === 2 && done.length === 5;
  });
  stop.abort();
  await working;
  assert.deepEqual(
    done.filter((one) => one.startsWith("gregor")),
    ["gregor g1", "gregor shaky", "gregor g2"],
  );
  assert.ok(done.includes("josef later"));
  assert.equal(dead.get("free").get("ottla-error-message"), "it costs nothing");
  assert.equal(calls.get("free"), 1);
  // Three at once, and one from each retry topic.
  assert.equal(dead.get("never").get("ottla-error-attempts"), "5");
  assert.equal(dead.get("never").get("ottla-error-topic"), "orders");
  const { lag } = await cluster.admin().groupLag("order-workers");
  assert.equal(lag, 0);
});

test("lag watcher: says who is behind, and its exit code does too", async () => {
  await cluster.createTopic("jobs", { partitions: 2 });
  const producer = cluster.producer();
  for (let number = 0; number < 10; number++)
    await producer.send({ topic: "jobs", value: `job ${number}`, partition: number % 2 });
  const admin = cluster.admin();
  await admin.alterGroupOffsets("workers", [
    { topic: "jobs", partition: 0, offset: 5 },
    { topic: "jobs", partition: 1, offset: 1 },
  ]);
  const stop = new AbortController();
  const looks = [];
  const watching = watchLag({
    bootstrap: cluster.bootstrap,
    groups: ["workers"],
    threshold: 3,
    everyMs: 20,
    signal: stop.signal,
    onLook: ({ lag }, isTooMuch) => looks.push([lag, isTooMuch]),
    onTrouble: (error) => assert.fail(error),
  });
  await until(() => looks.length > 0);
  await admin.alterGroupOffsets("workers", [{ topic: "jobs", partition: 1, offset: 3 }]);
  await until(() => looks.at(-1)[0] === 2);
  stop.abort();
  assert.equal(await watching, "fine");
  assert.deepEqual(
    [looks[0], looks.at(-1)],
    [
      [4, true],
      [2, false],
    ],
  );
  const codes = ["5", "1"].map((most) => run("lag-watcher.ts", "--once", "--threshold", most, "workers"));
  codes.push(run("lag-watcher.ts", "--once", "nobody"), run("lag-watcher.ts"));
  assert.deepEqual(await Promise.all(codes.map(({ exited }) => exited)), [0, 1, 2, 2]);
});

test("the programs end at SIGTERM, and leave their groups", async () => {
  const groups = { "live-log-analysis.ts": "log-analysis", "order-worker.ts": "order-workers" };
  const programs = Object.keys(groups).map((file) => run(file));
  const admin = cluster.admin();
  const members = async () =>
    (await admin.describeGroups(Object.values(groups))).flatMap((group) => group.members);
  await until(async () => (await members()).length === 2);
  for (const program of programs) program.child.kill("SIGTERM");
  assert.deepEqual(await Promise.all(programs.map(({ exited }) => exited)), [0, 0]);
  assert.deepEqual(await members(), []);
});

/** Runs one of the programs here against the cluster. */
function run(...args) {
  const env = { ...process.env, BOOTSTRAP: cluster.bootstrap };
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, env, stdio: "ignore" });
  return { child, exited: new Promise((resolve) => child.once("exit", (code) => resolve(code))) };
}
