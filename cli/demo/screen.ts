// adapter: what the demo tells while it runs: titles, lines, and events with the time since the kill. On
// stderr when standard output is to hold JSON only.

export class Screen {
  #stream: NodeJS.WriteStream;
  #zeroMs: number | null = null;

  constructor(toStderr: boolean) {
    this.#stream = toStderr ? process.stderr : process.stdout;
  }

  title(text: string): void {
    const bold = this.#stream.isTTY ? `\u001b[1m${text}\u001b[0m` : text;
    this.#stream.write(`\n${bold}\n`);
  }

  line(text: string): void {
    this.#stream.write(`  ${text}\n`);
  }

  /** From now on events are told with the time since this moment, unix ms. */
  countFrom(wallMs: number): void {
    this.#zeroMs = wallMs;
  }

  event(wallMs: number, text: string): void {
    const since = this.#zeroMs === null ? 0 : wallMs - this.#zeroMs;
    this.line(`${`+${Math.round(since)}`.padStart(7)} ms  ${text}`);
  }
}
