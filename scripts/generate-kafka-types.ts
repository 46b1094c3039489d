// entry: writes proto/kafka/generated/messages.ts, the types of all Kafka messages, from the tables in
// proto/kafka/schemas. Run it after changing a table; a test fails until then.
import { mkdirSync, writeFileSync } from "node:fs";
import { typesText } from "../proto/kafka/types-text.ts";

const folder = new URL("../proto/kafka/generated/", import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL("messages.ts", folder), typesText());
