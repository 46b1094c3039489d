// adapter: the standard health service over one question: does this node serve?
import type {
  ServerUnaryCall,
  ServerWritableStream,
  sendUnaryData,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";
import { limits } from "../../base/limits.ts";

interface HealthRequest {
  service: string;
}

interface HealthAnswer {
  status: "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";
}

type Watcher = ServerWritableStream<HealthRequest, HealthAnswer>;

export class Health {
  readonly implementation: UntypedServiceImplementation;
  private readonly isServing: () => boolean;
  private readonly services: readonly string[];
  private readonly watchers = new Map<Watcher, HealthAnswer["status"]>();

  /** `services`: the full names that can be asked for, besides "" for the node as a whole. */
  constructor(options: { isServing: () => boolean; services: readonly string[] }) {
    this.isServing = options.isServing;
    this.services = ["", ...options.services];
    this.implementation = {
      check: (call: ServerUnaryCall<HealthRequest, HealthAnswer>, answer: sendUnaryData<HealthAnswer>) =>
        this.check(call, answer),
      watch: (call: Watcher) => this.watch(call),
    };
  }

  /** Tells those who watch, if the answer changed. */
  changed(): void {
    for (const watcher of this.watchers.keys()) this.tell(watcher);
  }

  private statusOf(service: string): HealthAnswer["status"] {
    if (!this.services.includes(service)) return "SERVICE_UNKNOWN";
    return this.isServing() ? "SERVING" : "NOT_SERVING";
  }

  private check(
    call: ServerUnaryCall<HealthRequest, HealthAnswer>,
    answer: sendUnaryData<HealthAnswer>,
  ): void {
    const found = this.statusOf(call.request.service);
    if (found !== "SERVICE_UNKNOWN") answer(null, { status: found });
    else answer({ code: status.NOT_FOUND, details: `there is no service "${call.request.service}" here` });
  }

  private watch(call: Watcher): void {
    if (this.watchers.size >= limits.healthWatchersMax) {
      call.emit("error", {
        code: status.RESOURCE_EXHAUSTED,
        details: "too many watch this node",
      });
      return;
    }
    call.on("cancelled", () => void this.watchers.delete(call));
    call.on("close", () => void this.watchers.delete(call));
    this.watchers.set(call, "SERVICE_UNKNOWN");
    const found = this.statusOf(call.request.service);
    if (found === "SERVICE_UNKNOWN") call.write({ status: found });
    else this.tell(call);
  }

  private tell(watcher: Watcher): void {
    const found = this.statusOf(watcher.request.service);
    if (this.watchers.get(watcher) === found) return;
    this.watchers.set(watcher, found);
    watcher.write({ status: found });
  }
}
