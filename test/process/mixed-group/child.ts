// test: what the child processes of members share: their arguments, and the lines that they print.
import type { GroupPlace, MemberOptions } from "./group-member.ts";
import type { MemberEvent } from "./member-process.ts";

export type ChildArguments = GroupPlace & Required<Omit<MemberOptions, "instanceId">> & MemberOptions;

export const heartbeatIntervalMs = 300;
export const commitIntervalMs = 100;
export const defaultAssignor = "roundrobin";
export const defaultSessionTimeoutMs = 10_000;

export function childArguments(place: GroupPlace, options: MemberOptions): ChildArguments {
  const { assignor = defaultAssignor, sessionTimeoutMs = defaultSessionTimeoutMs, instanceId } = options;
  return { ...place, assignor, sessionTimeoutMs, ...(instanceId === undefined ? {} : { instanceId }) };
}

/** In the child. */
export function ownArguments(): ChildArguments {
  return JSON.parse(process.argv[2]!) as ChildArguments;
}

export function say(event: MemberEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

/** Calls `leave` once the parent asks for it, or is gone; the process ends then. */
export function whenAsked(leave: () => Promise<void>): void {
  const end = (): void => {
    void leave().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(3);
      },
    );
  };
  process.stdin.once("end", end);
  process.stdin.resume();
}
