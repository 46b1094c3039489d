// test: a consensus group in memory, driven by the commands of a scenario file. Nothing happens by itself:
// messages lie in a queue until they are delivered; disks write at once unless they are told to hold. The
// promises of Raft are checked all the while.
//
//   cluster voters=3 observers=1 election=10 heartbeat=1 directories=bound|free    nodes 1..3 vote, 4 follows
//   node 1 term=2 log=1,1,2                 what its disk holds; before start
//   start [1 2]      crash 1 [keep=0..1]    restart 1      wipe 1
//   timeout 1 3                             node 1 waits election + 3 ticks
//   tick 1 [times]      propose 1 a b      flood 1 70 (so many proposals, quietly)
//   transfer 1      snapshot 1 [trailing=0]
//   deliver|drop|double [from=1] [to=2] [kind=append] [count=1]      reverse      settle [quiet]
//   cut 1 2      cut 1>2      heal
//   hold sync|persist|store 1       release sync|persist|store 1
//   unreachable 1 2      hello 4 1      status      log [1]      applied [1]      queue      progress 1
import type { Voter } from "../../cluster/raft/core/words.ts";
import type { RaftMessage } from "../../proto/peer/peer-api.ts";
import { RaftChecks } from "./raft-checks.ts";
import { dataBatch, RaftMachine } from "./raft-machine.ts";
import { effectText, logText, messageText } from "./raft-text.ts";

interface Words {
  readonly words: string[];
  readonly named: Map<string, string>;
}

function parse(line: string): Words {
  const words: string[] = [];
  const named = new Map<string, string>();
  for (const word of line.split(/\s+/).filter((one) => one !== "")) {
    const at = word.indexOf("=");
    if (at > 0) named.set(word.slice(0, at), word.slice(at + 1));
    else words.push(word);
  }
  return { words, named };
}

export class RaftScenario {
  private machines: RaftMachine[] = [];
  private checks: RaftChecks | null = null;
  private queue: RaftMessage[] = [];
  private readonly cuts = new Set<string>();
  private readonly draws = new Map<number, number>();
  private lines: string[] = [];
  private indent = "";

  /** Carries out one command; answers what it said. */
  run(line: string): string[] {
    this.lines = [];
    this.indent = "";
    const { words, named } = parse(line);
    const [command, ...args] = words;
    this.carryOut(command ?? "", args, named, line);
    this.checks?.compareAll();
    return this.lines.length > 0 ? this.lines : ["ok"];
  }

  private carryOut(command: string, args: string[], named: Map<string, string>, line: string): void {
    const ids = args.map(Number);
    const known: Record<string, () => void> = {
      cluster: () => this.cluster(named),
      node: () => this.fillDisk(this.machine(ids[0]!), named),
      start: () => this.each(args, (machine) => machine.start()),
      restart: () => this.machine(ids[0]!).start(),
      crash: () => this.machine(ids[0]!).crash(Number(named.get("keep") ?? 0)),
      wipe: () => this.wipe(ids[0]!),
      timeout: () => void this.draws.set(ids[0]!, ids[1]!),
      tick: () => this.tick(this.machine(ids[0]!), ids[1] ?? 1),
      propose: () => this.propose(this.machine(ids[0]!), args.slice(1)),
      flood: () => this.flood(this.machine(ids[0]!), ids[1]!),
      transfer: () => this.machine(ids[0]!).step({ kind: "transfer" }),
      snapshot: () => this.machine(ids[0]!).compact(Number(named.get("trailing") ?? 0)),
      unreachable: () => this.machine(ids[0]!).step({ kind: "unreachable", id: ids[1]! }),
      hello: () => this.hello(this.machine(ids[0]!), ids[1]!),
      deliver: () => this.deliver(this.take(named)),
      drop: () => this.say(...this.take(named).map((message) => `lost: ${messageText(message)}`)),
      double: () => this.double(named),
      reverse: () => void this.queue.reverse(),
      settle: () => this.settle(args.includes("quiet")),
      cut: () => this.cut(args),
      heal: () => this.cuts.clear(),
      hold: () => this.hold(args[0]!, ids.slice(1), true),
      release: () => this.hold(args[0]!, ids.slice(1), false),
      status: () => this.each([], (machine) => this.say(this.statusText(machine))),
      log: () => this.each(args, (machine) => this.say(logText(machine))),
      applied: () => this.each(args, (machine) => this.say(appliedText(machine))),
      queue: () => this.say(...this.queue.map(messageText)),
      progress: () => this.progress(this.machine(ids[0]!)),
    };
    const run = known[command];
    if (run === undefined) throw new Error(`no such command: ${line}`);
    run();
  }

  private say(...texts: string[]): void {
    for (const text of texts) this.lines.push(this.indent + text);
  }

  private machine(id: number): RaftMachine {
    const found = this.machines.find((machine) => machine.id === id);
    if (found === undefined) throw new Error(`no node ${id}`);
    return found;
  }

  /** The nodes with these ids; all when there are none. */
  private each(ids: string[], run: (machine: RaftMachine) => void): void {
    const chosen = ids.length === 0 ? this.machines : ids.map((id) => this.machine(Number(id)));
    for (const machine of chosen) run(machine);
  }

  private cluster(named: Map<string, string>): void {
    const count = Number(named.get("voters") ?? 3);
    const nodes = count + Number(named.get("observers") ?? 0);
    const isBound = named.get("directories") !== "free";
    const voters: Voter[] = Array.from({ length: count }, (_, index) => ({
      id: index + 1,
      directoryId: isBound ? directoryOf(index + 1) : null,
      host: `h${index + 1}`,
      port: 1,
    }));
    this.checks = new RaftChecks(() => this.machines, count);
    for (let id = 1; id <= nodes; id += 1) {
      this.draws.set(id, id);
      const machine: RaftMachine = new RaftMachine({
        id,
        directoryId: directoryOf(id),
        isVoter: id <= count,
        voters,
        ticks: {
          election: Number(named.get("election") ?? 10),
          heartbeat: Number(named.get("heartbeat") ?? 1),
          // As a rule nobody hurries, so that a scenario says by its ticks who asks when.
          seek: Number(named.get("seek") ?? 1_000),
        },
        random: () => this.draws.get(id)!,
        pieceBytes: Number(named.get("pieceBytes") ?? 300),
        send: (message) => this.sent(machine, message),
        onEffect: (from, effect) => {
          this.checks!.onEffect(from, effect);
          const text = effectText(effect);
          if (text !== null) this.say(`${from.id}: ${text}`);
        },
      });
      this.machines.push(machine);
    }
  }

  private sent(from: RaftMachine, message: RaftMessage): void {
    this.checks!.onSend(from, message);
    const { fromId, toId } = message;
    if (this.cuts.has(`${fromId}>${toId}`)) return;
    this.queue.push(message);
    this.say(messageText(message));
  }

  private fillDisk(machine: RaftMachine, named: Map<string, string>): void {
    const epochs = (named.get("log") ?? "").split(",").filter((one) => one !== "");
    for (const epoch of epochs) {
      machine.log.appendAsLeader(dataBatch([`e${epoch}`]), Number(epoch));
    }
    machine.log.sync();
    const term = Number(named.get("term") ?? epochs.at(-1) ?? 0);
    machine.disk.hardState = { term, vote: null };
  }

  /** The same id on a new, empty disk. */
  private wipe(id: number): void {
    const index = this.machines.findIndex((machine) => machine.id === id);
    const { options } = this.machine(id);
    const directoryId = directoryOf(100 + id);
    this.checks!.wiped += 1;
    const fresh: RaftMachine = new RaftMachine({
      ...options,
      directoryId,
      isVoter: false,
      send: (message) => this.sent(fresh, message),
    });
    this.machines[index] = fresh;
  }

  private tick(machine: RaftMachine, times: number): void {
    for (let count = 0; count < times; count += 1) machine.step({ kind: "tick" });
  }

  private propose(machine: RaftMachine, values: readonly string[]): void {
    if (!machine.propose(values)) this.say(`${machine.id} takes no proposals`);
  }

  private flood(machine: RaftMachine, count: number): void {
    const before = [...this.lines];
    for (let index = 0; index < count; index += 1) this.propose(machine, [`f${index}`]);
    this.lines = before;
  }

  private hello(machine: RaftMachine, toId: number): void {
    this.sent(machine, machine.core!.hello(toId));
  }

  private matching(named: Map<string, string>): RaftMessage[] {
    const { queue } = this;
    const from = named.get("from");
    const to = named.get("to");
    const kind = named.get("kind");
    const found = queue.filter(
      (message) =>
        (from === undefined || message.fromId === Number(from)) &&
        (to === undefined || message.toId === Number(to)) &&
        (kind === undefined || message.kind === kind),
    );
    return found.slice(0, Number(named.get("count") ?? found.length));
  }

  private take(named: Map<string, string>): RaftMessage[] {
    const found = this.matching(named);
    this.queue = this.queue.filter((message) => !found.includes(message));
    return found;
  }

  private double(named: Map<string, string>): void {
    const found = this.matching(named);
    this.queue = this.queue.flatMap((message) =>
      found.includes(message) ? [message, { ...message }] : [message],
    );
  }

  private deliver(messages: readonly RaftMessage[]): void {
    for (const message of messages) {
      const to = this.machine(message.toId);
      this.indent = "";
      this.say(`> ${messageText(message)}${to.isUp ? "" : " (it is down)"}`);
      this.indent = "    ";
      to.step({ kind: "message", message });
    }
    this.indent = "";
  }

  private settle(isQuiet: boolean): void {
    for (let round = 0; this.queue.length > 0; round += 1) {
      if (round > 1_000) throw new Error("it does not settle");
      this.deliver(this.take(new Map()));
    }
    if (isQuiet) this.lines = [];
  }

  private cut(args: string[]): void {
    if (args.length === 1) {
      this.cuts.add(args[0]!);
      return;
    }
    const [one, ...others] = args;
    for (const other of others) {
      this.cuts.add(`${one}>${other}`);
      this.cuts.add(`${other}>${one}`);
    }
  }

  private hold(what: string, ids: readonly number[], isHeld: boolean): void {
    for (const id of ids) {
      const machine = this.machine(id);
      if (what === "sync") machine.syncsByHand = isHeld;
      else if (what === "persist") machine.persistsByHand = isHeld;
      else if (what === "store") machine.storesByHand = isHeld;
      else throw new Error(`hold what? ${what}`);
      if (isHeld) continue;
      if (what === "sync") machine.sync();
      else if (what === "persist") machine.persist();
      else machine.store();
    }
  }

  private statusText({ id, core, log, appliedEnd }: RaftMachine): string {
    if (core === null) return `${id}: down`;
    const { role, term, leaderId, commitEnd, isVoter } = core.state;
    const leader = leaderId < 0 ? "none" : leaderId;
    const ends = `commit=${commitEnd} applied=${appliedEnd} log=${log.end} durable=${log.durableEnd}`;
    return `${id}: ${role}${isVoter ? "" : " (no voter)"} term=${term} leader=${leader} ${ends}`;
  }

  private progress(machine: RaftMachine): void {
    for (const { id, state, match, next, messagesInFlight } of machine.core!.state.progress.values()) {
      this.say(`${id}: ${state} match=${match} next=${next} in flight=${messagesInFlight}`);
    }
  }
}

function appliedText({ id, applied }: RaftMachine): string {
  return `${id}: ${applied.map(({ offset, value }) => `${offset}:${value}`).join(" ")}`;
}

function directoryOf(id: number): string {
  return Buffer.alloc(16, id).toString("base64url");
}
