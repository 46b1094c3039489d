// core: the refusal of an append for which the disk has no room. To clients it is KAFKA_STORAGE_ERROR, which
// they try again; unlike other storage errors it leaves log, replica and directory as they were.
import { BrokerError } from "../../proto/errors.ts";

export class DiskFullError extends BrokerError {
  constructor(message: string) {
    super("KAFKA_STORAGE_ERROR", message);
    this.name = "DiskFullError";
  }
}
