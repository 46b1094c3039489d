// entry: writes docs/PROTOCOL.md, the table of APIs and versions, from proto/kafka/advertised.ts. Run it
// after changing that table; a test fails until then.
import { mkdirSync, writeFileSync } from "node:fs";
import { protocolDoc } from "../proto/kafka/protocol-doc.ts";

const folder = new URL("../docs/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("PROTOCOL.md", folder), protocolDoc());
