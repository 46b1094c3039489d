// shell: the streams on which brokers send their heartbeats to the active controller. Knows which stream is a
// broker's present one, so that the end of an older one means nothing.
import { limits } from "../../base/limits.ts";
import { ErrorCode } from "../../proto/errors.ts";
import type { PeerStream, SessionAnswer, SessionBeat } from "../../proto/peer/peer-api.ts";

export type SessionStream = PeerStream<SessionAnswer, SessionBeat>;

export interface SessionListener {
  isActive(): boolean;
  /** The answer, given at once. `answerLater` may be called when there is more to say. */
  onBeat(beat: SessionBeat, answerLater: (answer: SessionAnswer) => void): SessionAnswer;
  /** The present stream of this registration is over. */
  onLost(brokerId: number, brokerEpoch: number): void;
}

const notController: SessionAnswer = {
  errorCode: ErrorCode.NOT_CONTROLLER,
  fenced: true,
  shouldShutdown: false,
};

export class SessionStreams {
  readonly #listener: SessionListener;
  readonly #open = new Set<SessionStream>();
  readonly #present = new Map<number, SessionStream>();

  constructor(listener: SessionListener) {
    this.#listener = listener;
  }

  accept(stream: SessionStream): void {
    let last: SessionBeat | null = null;
    stream.start({
      onMessage: (beat) => {
        last = beat;
        this.#heard(stream, beat);
      },
      onClose: () => {
        this.#open.delete(stream);
        if (last === null || this.#present.get(last.nodeId) !== stream) return;
        this.#present.delete(last.nodeId);
        this.#listener.onLost(last.nodeId, last.brokerEpoch);
      },
    });
    this.#open.add(stream);
    if (!this.#listener.isActive() || this.#open.size > 2 * limits.brokersMax) this.#refuse(stream);
  }

  /** This node is no longer the active controller: they must look for another. */
  refuseAll(): void {
    for (const stream of [...this.#open]) this.#refuse(stream);
  }

  #refuse(stream: SessionStream): void {
    this.#open.delete(stream);
    for (const [id, present] of this.#present) if (present === stream) this.#present.delete(id);
    stream.send(notController);
    stream.close();
  }

  #heard(stream: SessionStream, beat: SessionBeat): void {
    if (!this.#open.has(stream)) return;
    if (!this.#listener.isActive()) {
      this.#refuse(stream);
      return;
    }
    const answerLater = (answer: SessionAnswer): void => {
      if (this.#open.has(stream)) stream.send(answer);
    };
    const answer = this.#listener.onBeat(beat, answerLater);
    if (answer.errorCode === ErrorCode.NONE) this.#present.set(beat.nodeId, stream);
    stream.send(answer);
  }
}
