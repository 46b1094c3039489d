// entry: writes docs/CONFIG.md from the tables of settings. Run it after changing one; a test fails until
// then.
import { writeFileSync } from "node:fs";
import { configDoc } from "../services/config/config-doc.ts";

writeFileSync(new URL("../docs/CONFIG.md", import.meta.url), configDoc());
