// test: the voters of the metadata quorum change while everything else goes wrong: one is added where one
// follows that could vote, one of four or more is removed, and one that came back with an empty disk is
// replaced by itself. At least three stay.
import type { ClientEnv } from "../../base/ports/env.ts";
import { SeededRandom } from "../../base/virtual/seeded-random.ts";
import { AdminClient } from "../../client/admin/admin.ts";
import { BrokerError } from "../../proto/errors.ts";
import { isPatient } from "./workload.ts";

const votersMin = 3;
/** A removal of which nothing was heard may be carried out this long afterwards, ms. */
const doubtMs = 20_000;

export interface VoterShiftsOptions {
  readonly seed: string;
  readonly env: ClientEnv;
  readonly bootstrap: string;
  readonly onWrong: (what: string, error: unknown) => void;
}

export class VoterShifts {
  readonly #options: VoterShiftsOptions;
  readonly #random: SeededRandom;
  #running: Promise<unknown> | null = null;
  #isOver = false;
  added = 0;
  removed = 0;
  asked = 0;
  /** Removals under way or in doubt, by when they are over: whoever else removes counts them in. */
  readonly #removals = new Set<{ untilMs: number }>();

  constructor(options: VoterShiftsOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed).fork("voter shifts at work");
  }

  begin(): void {
    // Two at it, who do not know of each other: only one may have its way at a time.
    this.#running = Promise.all([this.#work("changes voters"), this.#work("changes voters too")]);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #work(clientId: string): Promise<void> {
    const { env, bootstrap, onWrong } = this.#options;
    const timeouts = { requestTimeoutMs: 3_000, apiTimeoutMs: 5_000 };
    const admin = new AdminClient(env, { bootstrap, clientId, ...timeouts });
    while (!this.#isOver) {
      await new Promise<void>((resolve) => void env.clock.after(this.#random.between(50, 1_500), resolve));
      if (this.#isOver) break;
      try {
        await this.#change(admin);
      } catch (error) {
        if (!isPatient(error) && !isExpected(error)) onWrong("who changes voters", error);
      }
    }
    await admin.close();
  }

  async #change(admin: AdminClient): Promise<void> {
    const { voters, observers } = await admin.describeQuorum();
    const twins = voters.filter(({ id }) => observers.some((one) => one.id === id));
    const newcomers = observers.filter(({ id }) => !voters.some((one) => one.id === id));
    const [replaced] = twins;
    const mayGo = voters.length - this.#removalsUnderWay() > votersMin ? voters : [];
    this.asked++;
    const mayReplace = voters.length - this.#removalsUnderWay() > votersMin - 1;
    if (replaced !== undefined && mayReplace && this.#random.chance(0.7)) {
      await this.#remove(admin, replaced);
    } else if (newcomers.length > 0 && (mayGo.length === 0 || this.#random.chance(0.5))) {
      await admin.addVoter({ ...this.#random.pick(newcomers), timeoutMs: 2_000 });
      this.added++;
    } else if (mayGo.length > 0) {
      await this.#remove(admin, this.#random.pick(mayGo));
    }
  }

  async #remove(admin: AdminClient, voter: Parameters<AdminClient["removeVoter"]>[0]): Promise<void> {
    const { clock } = this.#options.env;
    const removal = { untilMs: Number.POSITIVE_INFINITY };
    this.#removals.add(removal);
    try {
      await admin.removeVoter(voter);
      this.removed++;
      this.#removals.delete(removal);
    } catch (error) {
      removal.untilMs = clock.monotonicMs() + doubtMs;
      throw error;
    }
  }

  #removalsUnderWay(): number {
    const nowMs = this.#options.env.clock.monotonicMs();
    for (const removal of this.#removals) if (removal.untilMs <= nowMs) this.#removals.delete(removal);
    return this.#removals.size;
  }
}

/** What others changed meanwhile, or the state of the cluster does not allow. */
function isExpected(error: unknown): boolean {
  const names = ["DUPLICATE_VOTER", "VOTER_NOT_FOUND", "INVALID_VOTER_KEY", "INVALID_REQUEST"];
  return error instanceof BrokerError && names.includes(error.errorName);
}
