// adapter: the folder of a development cluster: cluster.json, one folder a broker with its properties, data
// and log. Knows the layout and nothing of processes.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

export interface BrokerEntry {
  id: number;
  /** The directory it was formatted with; an emptied disk comes back with another. */
  directoryId: string;
  /** 0 while it is not running. */
  pid: number;
  /** HOST:PORT for Kafka clients, for peers (gRPC) and for HTTP. */
  kafka: string;
  peer: string;
  http: string;
}

/** What cluster.json holds; scripts rely on it. */
export interface ClusterFile {
  clusterId: string;
  bootstrap: string;
  /** Process id of the `ottla dev` that looks after the brokers; 0 when none does. */
  launcherPid: number;
  /** False until every broker's folder has its identity: a start that was cut short carries on. */
  formatted: boolean;
  brokers: BrokerEntry[];
}

export class ClusterFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  brokerPath(id: number): string {
    return join(this.path, `broker-${id}`);
  }

  dataPath(id: number): string {
    return join(this.brokerPath(id), "data");
  }

  propertiesPath(id: number): string {
    return join(this.brokerPath(id), "server.properties");
  }

  logPath(id: number): string {
    return join(this.brokerPath(id), "broker.log");
  }

  read(): ClusterFile | null {
    const file = join(this.path, "cluster.json");
    if (!existsSync(file)) return null;
    try {
      return JSON.parse(readFileSync(file, "utf8")) as ClusterFile;
    } catch (error) {
      throw new Error(`${file} is not readable as JSON: ${String(error)}; restore it or name another folder`);
    }
  }

  write(content: ClusterFile): void {
    mkdirSync(this.path, { recursive: true });
    const temporary = join(this.path, "cluster.json.new");
    writeFileSync(temporary, `${JSON.stringify(content, null, 2)}\n`);
    renameSync(temporary, join(this.path, "cluster.json"));
  }

  writeProperties(id: number, properties: Readonly<Record<string, string>>): void {
    mkdirSync(this.brokerPath(id), { recursive: true });
    const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
    writeFileSync(this.propertiesPath(id), `${lines.join("\n")}\n`);
  }

  /** Asks the launcher that looks after this folder to start a broker that is down. */
  requestStart(id: number): void {
    writeFileSync(join(this.path, `start-${id}.request`), "");
  }

  /** Takes a request made by `requestStart`; true when there was one. */
  takeStartRequest(id: number): boolean {
    const file = join(this.path, `start-${id}.request`);
    if (!existsSync(file)) return false;
    rmSync(file, { force: true });
    return true;
  }
}
