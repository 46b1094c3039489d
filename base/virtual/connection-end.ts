// core: what one end of a simulated connection knows of itself. The rules stand in connection.ts and lane.ts.
import type { Life } from "./life.ts";

export interface EndEvents {
  /** Bytes, or one message. The chunk is only lent. */
  onItem(bytes: Uint8Array): void;
  onDrain(): void;
  onClose(error: Error | null): void;
}

export class End {
  readonly host: string;
  readonly port: number;
  /** Null for the server's end until the connection was accepted. */
  life: Life | null;
  events: EndEvents | null = null;
  isClosed = false;
  isPaused = false;
  needsDrain = false;
  /** It has said that nothing more will come. */
  hasFinished = false;
  /** The other end has said so. */
  hasHeardFinish = false;

  constructor(host: string, port: number, life: Life | null) {
    this.host = host;
    this.port = port;
    this.life = life;
  }

  get isDead(): boolean {
    return this.life?.revoked ?? false;
  }
}

export function networkError(code: string, text: string): Error {
  return Object.assign(new Error(`${text}: ${code}`), { code });
}
