// shell: InitProducerId for idempotent producers: ids from blocks that the controller hands to this broker
// alone, so that no two producers of the cluster ever get the same.
//
// Every call of a producer without a transactional id gets a fresh id with epoch 0, as in Kafka, whatever id
// it had.
// Source: KIP-98, KIP-360 (version 3+: id and epoch come together or not at all), KIP-730 (blocks).
import type { RequestContext } from "../../proto/broker-api.ts";
import { BrokerError, ErrorCode } from "../../proto/errors.ts";
import type { RequestOf, ResponseOf } from "../../proto/kafka/apis.ts";
import type { BrokerPorts } from "./ports.ts";

type Request = RequestOf<"InitProducerId">;
type Response = ResponseOf<"InitProducerId">;

const allocationTimeoutMs = 5000;

export class ProducerIds {
  readonly #ports: BrokerPorts;
  #next = 0;
  #end = 0;
  /** One allocation at a time; all who wait share it. */
  #allocating: Promise<void> | null = null;

  constructor(ports: BrokerPorts) {
    this.#ports = ports;
  }

  async initProducerId(request: Request, _context: RequestContext): Promise<Response> {
    const { transactionalId, producerId, producerEpoch } = request;
    if (transactionalId !== null) {
      const text = `"${transactionalId}" asks for transactions, and there are none here yet`;
      throw new BrokerError("UNSUPPORTED_VERSION", text);
    }
    if (producerId < 0 !== producerEpoch < 0) {
      const text =
        `producer id ${producerId} came with epoch ${producerEpoch}; ` +
        "both are needed, or neither (-1, -1)";
      throw new BrokerError("INVALID_REQUEST", text);
    }
    const id = await this.#take();
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, producerId: id, producerEpoch: 0 };
  }

  async #take(): Promise<number> {
    // Others who waited for the same block may have used it up.
    while (this.#next >= this.#end) {
      this.#allocating ??= this.#allocate().finally(() => {
        this.#allocating = null;
      });
      await this.#allocating;
    }
    return this.#next++;
  }

  async #allocate(): Promise<void> {
    const { controller } = this.#ports;
    const block = await controller.allocateProducerIds({ timeoutMs: allocationTimeoutMs });
    // A code that clients try again at, whatever stands between this broker and its controller.
    if (block.errorCode !== ErrorCode.NONE) throw new BrokerError("COORDINATOR_LOAD_IN_PROGRESS");
    this.#next = block.firstProducerId;
    this.#end = block.firstProducerId + block.count;
  }
}
