// entry: a process of group members: it joins and leaves as it is told, and tells what its members get and
// read. A process of its own, so that it can be killed, and that its CPU time is nobody else's.
import { Member } from "./member.ts";
import type { MemberNews, MemberOrder } from "./member-orders.ts";
import { monotonicMs } from "./monotonic.ts";

const members = new Map<string, Member>();

function tell(news: MemberNews): void {
  if (process.connected) process.send?.(news);
}

async function carryOut(order: MemberOrder): Promise<void> {
  switch (order.order) {
    case "join": {
      const joining = order.members.map((name) => new Member(name, order.setup, tell));
      for (const [at, name] of order.members.entries()) members.set(name, joining[at]!);
      tell({ news: "joining", atMs: monotonicMs() });
      await Promise.all(joining.map((member) => member.join()));
      return;
    }
    case "leave": {
      tell({ news: "leaving", atMs: monotonicMs() });
      await Promise.all(order.members.map((name) => members.get(name)?.leave()));
      for (const name of order.members) members.delete(name);
      tell({ news: "left", members: order.members });
      return;
    }
    case "count": {
      const { user, system } = process.cpuUsage();
      const all = [...members.values()];
      const records = all.reduce((sum, member) => sum + member.records, 0);
      const bytes = all.reduce((sum, member) => sum + member.bytes, 0);
      tell({ news: "counted", records, bytes, cpuSeconds: (user + system) / 1e6, atMs: monotonicMs() });
    }
  }
}

process.once("disconnect", () => process.exit(1));
process.on("message", (order) => {
  carryOut(order as MemberOrder).catch((error: unknown) =>
    tell({ news: "failed", reason: error instanceof Error ? error.message : String(error) }),
  );
});
tell({ news: "ready" });
