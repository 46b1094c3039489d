// adapter: what is left of a broker when everything that makes it one is taken away: frames come in over TCP,
// are appended to a file as they are, go on to the followers, and are answered once all of them wrote them.
// No checksum, no offsets, no index, no epochs. What the machine gives such a program is the ceiling.
import type { Socket } from "../../base/ports/network.ts";
import { realNetwork } from "../../base/real/network.ts";
import { isProduce, otherAnswer, packFrames, partitionOf, produceAnswer } from "./bare-frames.ts";
import { type BareLinks, type Follower, framePool, grpcLinks, splitting, tcpLinks } from "./bare-links.ts";
import { BareLog } from "./bare-log.ts";
import type { BareMember, BareSpec } from "./bare-spec.ts";

const host = "127.0.0.1";

/** A frame that followers have yet to write. */
interface Waiting {
  socket: Socket;
  answer: Uint8Array;
}

export class BareBroker {
  readonly #spec: BareSpec;
  readonly #links: BareLinks;
  readonly #log: BareLog;
  readonly #pool = framePool();
  readonly #answers: Uint8Array[];
  readonly #waiting: Waiting[] = [];
  /** Frames answered so far, and those written by each follower. */
  #answered = 0;
  readonly #written = new Map<Follower, number>();
  #outgoing: Buffer[] = [];
  #members: readonly BareMember[] = [];
  readonly #onReady: () => void;
  #following = 0;

  constructor(spec: BareSpec, onReady: () => void) {
    this.#spec = spec;
    this.#onReady = onReady;
    this.#links = spec.transport === "tcp" ? tcpLinks : grpcLinks;
    this.#log = new BareLog(spec.folder);
    this.#answers = Array.from({ length: spec.partitions }, (_, at) => produceAnswer(spec.topic, at));
  }

  async listen(): Promise<BareMember> {
    const onConnection = (socket: Socket): void => this.#accept(socket);
    const { address } = await realNetwork().listen({ host, port: 0, onConnection });
    const peerPort = await this.#links.listen({
      onFollower: (follower) => {
        this.#written.set(follower, 0);
        this.#lookReady();
      },
      onWritten: (follower, frames) => {
        this.#written.set(follower, frames);
        this.#answerWritten();
      },
    });
    return { clientPort: address.port, peerPort };
  }

  async join(members: readonly BareMember[]): Promise<void> {
    this.#members = members;
    for (const [place, { peerPort }] of members.entries()) {
      if (place === this.#spec.place) continue;
      await this.#links.follow(peerPort, (frame) => this.#log.append(partitionOf(frame), frame));
      this.#following++;
    }
    this.#lookReady();
  }

  #lookReady(): void {
    const others = this.#spec.processes - 1;
    if (this.#written.size === others && this.#following === others && this.#members.length > 0) {
      this.#onReady();
    }
  }

  #accept(socket: Socket): void {
    let answers: Uint8Array[] = [];
    let passedOn: Uint8Array[] = [];
    const isAlone = this.#spec.processes === 1;
    const splitChunk = splitting((frame) => {
      if (!isProduce(frame)) {
        answers.push(otherAnswer(frame, this.#spec, this.#members));
        return;
      }
      const partition = partitionOf(frame);
      this.#log.append(partition, frame);
      const answer = this.#answers[partition]!;
      if (isAlone) {
        answers.push(answer);
      } else {
        // Packed before the chunk is over, since a frame is only lent.
        passedOn.push(packFrames([frame]));
        this.#waiting.push({ socket, answer });
      }
    }, this.#pool);
    const onData = (chunk: Uint8Array): void => {
      splitChunk(chunk);
      if (answers.length > 0) socket.write(answers);
      if (passedOn.length > 0) this.#passOn(passedOn as Buffer[]);
      answers = [];
      passedOn = [];
    };
    socket.start({ onData, onDrain() {}, onClose() {} });
  }

  /** Once a turn of the event loop. */
  #passOn(packed: Buffer[]): void {
    if (this.#outgoing.length === 0) setImmediate(() => this.#send());
    this.#outgoing.push(...packed);
  }

  #send(): void {
    const packed = this.#outgoing;
    this.#outgoing = [];
    for (const follower of this.#written.keys()) follower.send(packed);
  }

  #answerWritten(): void {
    const written = Math.min(...this.#written.values());
    for (; this.#answered < written; this.#answered++) {
      const { socket, answer } = this.#waiting.shift()!;
      socket.write([answer]);
    }
  }
}
