// adapter: a group whose members run in processes of their own, and how long it takes until all partitions
// are read: by members that have them and have delivered a record of each since.
import { setTimeout as sleep } from "node:timers/promises";
import type { BenchCluster } from "../systems/bench-cluster.ts";
import type { GroupProtocol, MemberNews, MemberSetup } from "./member-orders.ts";
import { MemberProcess } from "./member-process.ts";
import { monotonicMs } from "./monotonic.ts";
import { Ownership } from "./ownership.ts";

const giveUpMs = 120_000;
const lookMs = 5;
let made = 0;

export interface GroupShape {
  topic: string;
  protocol: GroupProtocol;
  sessionTimeoutMs: number;
  isEndless?: boolean;
}

export class RunningGroup {
  readonly #setup: MemberSetup;
  readonly #ownership = new Ownership();
  /** By member, in the order in which they joined. */
  readonly #processes = new Map<string, MemberProcess>();
  readonly #all = new Set<MemberProcess>();
  /** Of these nothing counts any more that is told late. */
  readonly #dropped = new Set<string>();
  #named = 0;

  constructor({ bootstrap }: Pick<BenchCluster, "bootstrap">, shape: GroupShape) {
    const { topic, protocol, sessionTimeoutMs, isEndless = false } = shape;
    const groupId = `bench-${process.pid}-${++made}`;
    this.#setup = { bootstrap, topic, groupId, protocol, sessionTimeoutMs, isEndless };
  }

  get processes(): readonly MemberProcess[] {
    return [...this.#all];
  }

  /** A process for members, with the client loaded. */
  async prepare(): Promise<MemberProcess> {
    const started = await MemberProcess.start((news) => this.#take(news));
    this.#all.add(started);
    return started;
  }

  /** So many members begin in this process. Gives their names, and when the first began to subscribe. */
  async join(where: MemberProcess, count: number): Promise<{ members: string[]; beganMs: number }> {
    const members = Array.from({ length: count }, () => `member-${++this.#named}`);
    for (const member of members) this.#processes.set(member, where);
    return { members, beganMs: await where.join({ members, setup: this.#setup }) };
  }

  /** When it began to leave. */
  async leave(member: string): Promise<{ beganMs: number; left: Promise<void> }> {
    const where = this.#processes.get(member)!;
    this.#processes.delete(member);
    const told = await where.leave([member]);
    return { ...told, left: told.left.then(() => this.#drop(member)) };
  }

  /** `kill -9` of the process and of all members in it. When that was. */
  async kill(where: MemberProcess): Promise<number> {
    this.#all.delete(where);
    const killedMs = monotonicMs();
    await where.kill();
    for (const [member, process] of this.#processes) {
      if (process !== where) continue;
      this.#processes.delete(member);
      this.#drop(member);
    }
    return killedMs;
  }

  /**
   * When the last of so many partitions was read by who has it now, once every member has its share of them.
   * Rejects when a process has ended or it takes too long.
   */
  async readByAll(partitions: number): Promise<number> {
    const deadline = monotonicMs() + giveUpMs;
    const share = Math.floor(partitions / this.#processes.size);
    for (;;) {
      for (const { trouble } of this.#all) if (trouble !== null) throw trouble;
      const members = [...this.#processes.keys()];
      const isFair = members.every((member) => this.#ownership.share(member) >= share);
      const readMs = isFair ? this.#ownership.readSinceMs(partitions) : null;
      if (readMs !== null) return readMs;
      if (monotonicMs() > deadline) {
        const shares = members.map((member) => this.#ownership.share(member)).join(", ");
        const unread = this.#ownership.unread(partitions);
        throw new Error(
          `${unread} partitions are read by nobody after ${giveUpMs} ms (members have ${shares})`,
        );
      }
      await sleep(lookMs);
    }
  }

  /** All leave, so that nothing of the group is left to anybody's turn; then the processes end. */
  async stop(): Promise<void> {
    const byProcess = Map.groupBy(this.#processes.keys(), (member) => this.#processes.get(member)!);
    const leaving = [...byProcess].map(async ([where, members]) => await (await where.leave(members)).left);
    await Promise.all(leaving).catch(() => undefined);
    await Promise.all([...this.#all].map((process) => process.stop()));
  }

  #drop(member: string): void {
    this.#dropped.add(member);
    this.#ownership.drop(member);
  }

  #take(news: MemberNews): void {
    if ("member" in news && this.#dropped.has(news.member)) return;
    if (news.news === "owned") this.#ownership.owned(news.member, news.partitions);
    else if (news.news === "gone") this.#ownership.gone(news.member, news.partitions);
    else if (news.news === "delivered") this.#ownership.delivered(news.member, news.partitions, news.atMs);
  }
}
