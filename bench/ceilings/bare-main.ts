// entry: one process of a bare program. It ends with its parent.
import { BareBroker } from "./bare-broker.ts";
import type { FromBare, ToBare } from "./bare-spec.ts";

let broker: BareBroker | null = null;
const tell = (message: FromBare): void => void process.send?.(message);

async function take(message: ToBare): Promise<void> {
  if ("spec" in message) {
    broker = new BareBroker(message.spec, () => tell({ isReady: true }));
    tell({ listening: await broker.listen() });
  } else {
    await broker?.join(message.members);
  }
}

process.once("disconnect", () => process.exit(0));
process.on("message", (message) => {
  take(message as ToBare).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exit(1);
  });
});
