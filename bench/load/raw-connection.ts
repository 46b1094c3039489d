// adapter: a bare connection of the load generator: ready-made frames out, the first bytes of answers in. It
// receives into one buffer of its own, so that a megabyte of answer costs no allocation.
import { connect, type Socket } from "node:net";
import { FrameHeads } from "./frame-heads.ts";

const receiveBytes = 262_144;

export class RawConnection {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** `onEnd` is told once, why the connection ended, unless `close` was called. */
  static open(options: {
    address: string;
    headBytes: number;
    onFrame: (head: Uint8Array, frameBytes: number) => void;
    onEnd: (reason: string) => void;
  }): Promise<RawConnection> {
    const { address, onEnd } = options;
    const heads = new FrameHeads(options.headBytes, options.onFrame);
    const colon = address.lastIndexOf(":");
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({
        host: address.slice(0, colon),
        port: Number(address.slice(colon + 1)),
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafe(receiveBytes),
          callback(bytes, chunk) {
            // Requests sent for the answers of one chunk leave together.
            socket.cork();
            heads.push(chunk, bytes);
            socket.uncork();
            return true;
          },
        },
      });
      socket.once("connect", () => resolve(new RawConnection(socket)));
      socket.once("error", (error) => {
        reject(error);
        onEnd(error.message);
      });
      socket.once("close", () => onEnd("closed by the other side"));
    });
  }

  send(frame: Uint8Array): void {
    this.#socket.write(frame);
  }

  close(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }
}
