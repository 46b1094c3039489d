// entry: writes proto/peer/generated/messages.ts, types and tables of all messages between brokers, from
// proto/peer/peer.proto. Run it after changing the .proto; a test fails until then.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { typesText } from "../services/peer/types-text.ts";

const folder = new URL("../proto/peer/generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
const proto = readFileSync(new URL("../proto/peer/peer.proto", import.meta.url), "utf8");
writeFileSync(new URL("messages.ts", folder), typesText(proto));
