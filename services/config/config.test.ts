// test: settings from all sources, what follows from them, and what is said about bad ones.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { configDoc } from "./config-doc.ts";
import { parseProperties } from "./properties.ts";
import { resolveConfig } from "./resolve.ts";
import { allSettings } from "./values.ts";

function resolve(lines: string[], environment: Record<string, string> = {}, overrides: string[] = []) {
  const file = { name: "server.properties", text: ["node.id=1", ...lines].join("\n") };
  return resolveConfig({ file, environment, overrides });
}

describe("properties files", () => {
  it("are read as Java reads them", () => {
    const text = [
      "# comment",
      "! comment",
      "a=1",
      "b : 2",
      "c 3",
      "d=x,\\",
      "   y",
      "e\\=f=g\\u0041\\n",
      "h",
      "",
    ].join("\n");
    expect(parseProperties(text).map(({ name, value, line }) => [name, value, line])).toEqual([
      ["a", "1", 3],
      ["b", "2", 4],
      ["c", "3", 5],
      ["d", "x,y", 6],
      ["e=f", "gA", 8],
      ["h", "", 9],
    ]);
  });

  it("are refused with the line of a broken escape", () => {
    expect(() => parseProperties("a=1\nb=\\u12")).toThrow("line 2");
  });
});

describe("sources of settings", () => {
  it("count in rising order: defaults, file, environment, --set", () => {
    expect(resolve([]).partitionsDefault).toBe(1);
    expect(resolve(["num.partitions=2"]).partitionsDefault).toBe(2);
    expect(resolve(["num.partitions=2"], { KAFKA_NUM_PARTITIONS: "3" }).partitionsDefault).toBe(3);
    const all = resolve(["num.partitions=2"], { KAFKA_NUM_PARTITIONS: "3" }, ["num.partitions=4"]);
    expect(all.partitionsDefault).toBe(4);
    expect(all.values.entry("num.partitions")?.source).toBe("override");
  });

  it("know ottla.* names in the environment too", () => {
    expect(resolve([], { KAFKA_OTTLA_FLUSH_POLICY: "os" }).flushPolicy).toBe("os");
  });

  it("pass over KAFKA_ variables of scripts and clients", () => {
    const environment = {
      KAFKA_BOOTSTRAP: "x",
      KAFKA_ANCHOR_1: "x",
      KAFKA_HEAP_OPTS: "-Xmx1G",
      KAFKA_OPTS: "x",
    };
    expect(resolve([], environment).warnings).toEqual([]);
  });

  it("warn of a KAFKA_ variable that is one letter off", () => {
    expect(resolve([], { KAFKA_NUM_PARTITION: "3" }).warnings[0]).toContain("KAFKA_NUM_PARTITIONS");
  });

  it("refuse an unknown name with the place and the nearest known one", () => {
    expect(() => resolve(["num.partition=3"])).toThrow(
      'server.properties line 2: "num.partition" is no setting; the nearest one is num.partitions',
    );
    expect(() => resolve([], {}, ["min.insync.replica=1"])).toThrow("min.insync.replicas");
    expect(() => resolve([], {}, ["novalue"])).toThrow("name=value");
  });

  it("refuse a wrong value, quoting it", () => {
    expect(() => resolve(["num.partitions=many"])).toThrow(
      'line 2: num.partitions: the value is "many"; it must be a whole number of at least 1',
    );
    expect(() => resolve(["num.partitions=0"])).toThrow('"0"');
    expect(() => resolve([], { KAFKA_OTTLA_FLUSH_POLICY: "never" })).toThrow("durable, os");
    expect(() => resolve(["delete.topic.enable=1"])).toThrow("true or false");
    expect(() => resolve(["log.cleanup.policy=shred"])).toThrow("delete, compact");
  });

  it("warn of settings without effect, when set to something of their own", () => {
    expect(resolve(["num.io.threads=8"]).warnings).toEqual([]);
    expect(resolve(["num.io.threads=16"]).warnings[0]).toContain("num.io.threads=16 has no effect");
  });
});

describe("the configuration of a node", () => {
  it("is complete with nothing but a node id, and listens on loopback only", () => {
    const config = resolve([]);
    expect(config.listeners).toEqual([
      { name: "PLAINTEXT", host: "127.0.0.1", port: 9092, advertisedHost: "127.0.0.1", advertisedPort: 9092 },
    ]);
    expect(config.peerListener).toEqual({ host: "127.0.0.1", port: 9093 });
    expect(config.voters).toEqual([{ id: 1, host: "127.0.0.1", port: 9093, directoryId: null }]);
    expect(config.httpListener).toBeNull();
    expect(config.topicDefaults.get("retention.ms")).toBe("604800000");
    expect(config.topicDefaults.get("min.insync.replicas")).toBe("2");
  });

  it("takes the voters with their directories", () => {
    const directory = "b3sGHfLvQEaWm5NKXaYw2A";
    const voters = `1@a:9093:${directory}, 2@[::1]:9103`;
    const config = resolve([`controller.quorum.voters=${voters}`]);
    expect(config.voters).toEqual([
      { id: 1, host: "a", port: 9093, directoryId: directory },
      { id: 2, host: "::1", port: 9103, directoryId: null },
    ]);
    expect(config.peerAdvertised).toEqual({ host: "a", port: 9093 });
  });

  it("takes a configuration made for Kafka: the controller listener is where peers connect", () => {
    const config = resolve([
      "listeners=PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9094",
      "advertised.listeners=PLAINTEXT://broker-1:9092",
      "controller.listener.names=CONTROLLER",
      "controller.quorum.voters=1@broker-1:9094",
      "inter.broker.listener.name=PLAINTEXT",
    ]);
    expect(config.listeners).toHaveLength(1);
    expect(config.listeners[0]).toMatchObject({ host: "0.0.0.0", advertisedHost: "broker-1" });
    expect(config.peerListener.port).toBe(9094);
    expect(config.peerAdvertised).toEqual({ host: "broker-1", port: 9094 });
  });

  it("says what does not fit together", () => {
    expect(() => resolveConfig({})).toThrow("node.id is not set");
    expect(() => resolve(["listeners=PLAINTEXT://0.0.0.0:9092"])).toThrow("advertised.listeners");
    expect(() => resolve(["listeners=SSL://:9092"])).toThrow("SSL asks for SSL, which is not there yet");
    expect(() => resolve(["listeners=INSIDE://:9092"])).toThrow("INSIDE:PLAINTEXT");
    expect(() => resolve(["listeners=A://:1,A://:2"])).toThrow("comes twice");
    expect(() => resolve(["listeners=PLAINTEXT://:70000"])).toThrow('":70000"');
    // A controller that is none of the voters follows them until it is added.
    expect(resolve(["controller.quorum.voters=2@a:1"]).voters.map(({ id }) => id)).toEqual([2]);
    expect(() => resolve(["process.roles=broker"])).toThrow("controller.quorum.voters is not set");
    expect(() => resolve(["controller.quorum.voters=1@a:1:short"])).toThrow("directoryId");
    expect(() => resolve(["cluster.id=x"])).toThrow("22 characters");
    expect(() => resolve(["broker.session.timeout.ms=300"])).toThrow("at least twice");
    expect(() => resolve(["broker.id=2"])).toThrow("must be the same");
  });

  it("lets hours, minutes and milliseconds of retention take precedence as in Kafka", () => {
    const of = (...lines: string[]) => resolve(lines).topicDefaults.get("retention.ms");
    expect(of("log.retention.hours=1")).toBe("3600000");
    expect(of("log.retention.hours=1", "log.retention.minutes=2")).toBe("120000");
    expect(of("log.retention.minutes=2", "log.retention.ms=3")).toBe("3");
    expect(of("log.retention.hours=-1")).toBe("-1");
  });
});

describe("the table of settings", () => {
  it("names every setting once, and its defaults are valid", () => {
    expect(new Set(allSettings.map(({ name }) => name)).size).toBe(allSettings.length);
    for (const { name, type, defaultText, doc } of allSettings) {
      expect(doc).toMatch(/[.]$/);
      if (defaultText !== null) type.parse(name, defaultText);
    }
  });

  it("is documented in docs/CONFIG.md as it stands", () => {
    const text = readFileSync(new URL("../../docs/CONFIG.md", import.meta.url), "utf8");
    expect(text).toBe(configDoc());
  });
});
