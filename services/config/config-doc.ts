// core: writes docs/CONFIG.md from the tables. A test holds the two together.
import { brokerSettings } from "./broker-settings.ts";
import type { ConfigDefinition } from "./definition.ts";
import { groupSettings } from "./group-settings.ts";
import { kafkaSettings } from "./kafka-settings.ts";
import { topicDefaultSettings, topicSynonyms } from "./topic-defaults.ts";
import { allSettings } from "./values.ts";

const head = `# Configuration

Settings have Kafka's own names; names of our own begin with \`ottla.\`. They come from, in rising order:
the defaults, a properties file (\`ottla start --config FILE\`), the environment (\`KAFKA_\` + upper case,
dots as \`_\`: \`KAFKA_MIN_INSYNC_REPLICAS=2\`), and \`--set name=value\`. An unknown name is an error that
says the nearest known one. Without security configured, listeners bind to the loopback address unless a host
is named.

This page is written from the tables in \`services/config\` by \`scripts/generate-config-doc.ts\`.
`;

const escaped = (text: string): string => text.replaceAll("|", "\\|");

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |`;
  return [line(columns), `|${" --- |".repeat(columns.length)}`, ...rows.map(line)].join("\n");
}

function defaultCell({ defaultText }: ConfigDefinition): string {
  if (defaultText === null) return "not set";
  return defaultText === "" ? "empty" : `\`${defaultText}\``;
}

function settingsTable(settings: readonly ConfigDefinition[]): string {
  const rows = settings.map((row) => [
    `\`${row.name}\``,
    `${row.type.name}: ${row.type.allowed}`,
    defaultCell(row),
    row.doc,
  ]);
  return table(["Setting", "Value", "Default", "What it does"], rows);
}

function differences(): string {
  const rows = allSettings
    .filter(({ differs }) => differs !== null)
    .map((row) => [`\`${row.name}\``, defaultCell(row), row.differs!.kafka, row.differs!.reason]);
  return table(["Setting", "Here", "Kafka", "Why"], rows);
}

function synonyms(): string {
  const rows = Object.entries(topicSynonyms).map(([name, { from }]) => [
    `\`${name}\``,
    from.map((one) => `\`${one.name}\``).join(", then "),
  ]);
  return table(["Topic setting", "Broker setting behind it"], rows);
}

/** The content of docs/CONFIG.md. */
export function configDoc(): string {
  const idle = [...topicDefaultSettings, ...kafkaSettings].filter(({ effect }) => !effect);
  const sections = [
    head,
    "## Where the defaults differ from Kafka's\n",
    `${differences()}\n`,
    "## Settings of a node\n",
    `${settingsTable(brokerSettings)}\n`,
    "## Consumer groups\n",
    `${settingsTable(groupSettings)}\n`,
    "## Defaults of topics\n",
    "A topic that does not override a setting takes the broker's.\n",
    `${settingsTable(topicDefaultSettings.filter(({ effect }) => effect))}\n`,
    `${synonyms()}\n`,
    "## Accepted without effect\n",
    "So that a configuration made for Kafka starts here. A warning is logged when one is set to " +
      "something else.\n",
    `${settingsTable(idle)}`,
  ];
  return `${sections.join("\n")}\n`;
}
