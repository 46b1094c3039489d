// shell: the stream that this node opens to one voter, opened again with growing pauses when it breaks.
// Messages while there is no stream are dropped: the protocol repeats what matters.
//
// A stream on which questions stay unanswered for long is given up and opened anew: the machine at the other
// end may be gone without a word.
import { Backoff } from "../../../base/backoff.ts";
import type { Clock, Timer } from "../../../base/ports/clock.ts";
import type { Random } from "../../../base/ports/random.ts";
import type {
  PeerAddress,
  PeerCaller,
  PeerStream,
  Peers,
  RaftMessage,
} from "../../../proto/peer/peer-api.ts";

type RaftStream = PeerStream<RaftMessage, RaftMessage>;

export interface VoterLinkOptions {
  readonly address: PeerAddress;
  readonly peers: Peers;
  readonly clock: Clock;
  readonly random: Random;
  /** Pauses between attempts grow up to this. */
  readonly pauseMsMax: number;
  /** How long questions may stay unanswered. */
  readonly silenceMsMax: number;
  /** The first message on each stream. */
  hello(): RaftMessage;
  onMessage(message: RaftMessage): void;
  /** The stream broke: what was in flight may be lost. */
  onBroken(): void;
}

export class VoterLink {
  private readonly options: VoterLinkOptions;
  private readonly backoff: Backoff;
  private caller: PeerCaller | null = null;
  private stream: RaftStream | null = null;
  private openedMs = 0;
  private timer: Timer | null = null;
  private unansweredSinceMs: number | null = null;
  private isClosed = false;

  constructor(options: VoterLinkOptions) {
    this.options = options;
    const { pauseMsMax } = options;
    this.backoff = new Backoff({ baseMs: Math.min(20, pauseMsMax), maxMs: pauseMsMax }, options.random);
    this.open();
  }

  get isOpen(): boolean {
    return this.stream !== null;
  }

  send(message: RaftMessage): void {
    if (this.stream === null) return;
    this.unansweredSinceMs ??= this.options.clock.monotonicMs();
    this.stream.send(message);
  }

  /** Something came from this voter, on whatever stream. */
  heard(): void {
    this.unansweredSinceMs = null;
  }

  /** Gives up a stream that leads nowhere; call it now and then. */
  check(): void {
    const { clock, silenceMsMax } = this.options;
    const since = this.unansweredSinceMs;
    if (this.stream === null || since === null || clock.monotonicMs() - since < silenceMsMax) return;
    this.broken(this.stream);
  }

  close(): void {
    this.isClosed = true;
    this.timer?.cancel();
    this.drop();
  }

  private open(): void {
    const { peers, address, clock, hello, onMessage } = this.options;
    this.timer = null;
    this.openedMs = clock.monotonicMs();
    this.unansweredSinceMs = null;
    this.caller = peers.connect(address);
    const stream = this.caller.openRaft();
    this.stream = stream;
    stream.start({
      onMessage: (message) => {
        if (this.stream === stream) onMessage(message);
      },
      onClose: () => this.broken(stream),
    });
    if (this.stream === stream) stream.send(hello());
  }

  private broken(stream: RaftStream): void {
    if (this.stream !== stream || this.isClosed) return;
    const { clock, pauseMsMax, onBroken } = this.options;
    this.drop();
    if (clock.monotonicMs() - this.openedMs > 2 * pauseMsMax) this.backoff.reset();
    this.timer = clock.after(this.backoff.nextMs(), () => this.open());
    onBroken();
  }

  private drop(): void {
    const { stream, caller } = this;
    this.stream = null;
    this.caller = null;
    stream?.close();
    caller?.close();
  }
}
