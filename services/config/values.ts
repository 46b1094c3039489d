// core: the settings of one node, gathered from all sources in rising order: defaults, properties file,
// environment, overrides. Every name is known and every value of its type, or there is a ConfigError. What
// the values mean together is said in resolve.ts.

import { editDistance, nearestName } from "../../base/nearest-name.ts";
import { brokerSettings } from "./broker-settings.ts";
import { ConfigError } from "./config-error.ts";
import type { ConfigDefinition } from "./definition.ts";
import { groupSettings } from "./group-settings.ts";
import { kafkaSettings } from "./kafka-settings.ts";
import { parseProperties } from "./properties.ts";
import { topicDefaultSettings } from "./topic-defaults.ts";

type Row =
  | (typeof brokerSettings)[number]
  | (typeof topicDefaultSettings)[number]
  | (typeof groupSettings)[number]
  | (typeof kafkaSettings)[number];
export type SettingName = Row["name"];
type ValueOf<Name extends SettingName> =
  Extract<Row, { name: Name }> extends ConfigDefinition<infer T> ? T : never;

export const allSettings: readonly ConfigDefinition[] = [
  ...brokerSettings,
  ...topicDefaultSettings,
  ...groupSettings,
  ...kafkaSettings,
];
const byName: ReadonlyMap<string, ConfigDefinition> = new Map(allSettings.map((row) => [row.name, row]));
const knownNames = [...byName.keys()];

export type SettingSource = "default" | "file" | "environment" | "override";

export interface SettingEntry {
  readonly definition: ConfigDefinition;
  /** Null: not set, and without a default. */
  readonly text: string | null;
  readonly source: SettingSource;
}

export interface ConfigSources {
  /** A properties file, and what to call it in errors. */
  readonly file?: { readonly name: string; readonly text: string } | undefined;
  /** The environment of the process; only KAFKA_ names that are settings count. */
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  /** name=value each, as --set takes them. */
  readonly overrides?: readonly string[] | undefined;
}

export class ConfigValues {
  readonly #entries = new Map<string, SettingEntry>();
  /** What is strange but no error; to be logged once. */
  readonly warnings: string[] = [];

  constructor(sources: ConfigSources) {
    for (const definition of allSettings) {
      this.#entries.set(definition.name, { definition, text: definition.defaultText, source: "default" });
    }
    if (sources.file) this.#takeFile(sources.file);
    this.#takeEnvironment(sources.environment ?? {});
    for (const override of sources.overrides ?? []) this.#takeOverride(override);
    for (const entry of this.#entries.values()) this.#warnIfIdle(entry);
  }

  entry(name: string): SettingEntry | null {
    return this.#entries.get(name) ?? null;
  }

  entries(): IterableIterator<SettingEntry> {
    return this.#entries.values();
  }

  /** Null when it is not set and has no default. */
  get<Name extends SettingName>(name: Name): ValueOf<Name> | null {
    const { definition, text } = this.#entries.get(name)!;
    return text === null ? null : (definition.type.parse(name, text) as ValueOf<Name>);
  }

  /** Of a setting that has a default. */
  need<Name extends SettingName>(name: Name): ValueOf<Name> {
    const value = this.get(name);
    if (value === null) throw new ConfigError(`${name} is not set, and has no default; set it`);
    return value;
  }

  isSet(name: SettingName): boolean {
    return this.#entries.get(name)!.source !== "default";
  }

  #takeFile(file: { name: string; text: string }): void {
    for (const { name, value, line } of parseProperties(file.text)) {
      this.#set(name, value, "file", `${file.name} line ${line}`);
    }
  }

  #takeEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
    for (const [variable, value] of Object.entries(environment)) {
      if (!variable.startsWith("KAFKA_") || value === undefined) continue;
      const definition = byEnvironment.get(variable);
      if (definition !== undefined) this.#set(definition.name, value, "environment", variable);
      else this.#warnIfMistyped(variable);
    }
  }

  // Scripts and clients have KAFKA_ variables of their own; only one that is a letter or two off is worth a
  // word.
  #warnIfMistyped(variable: string): void {
    const meant = [...byEnvironment.keys()].find((known) => editDistance(known, variable) <= 1);
    if (meant !== undefined)
      this.warnings.push(`${variable} is no setting, and was ignored; was ${meant} meant?`);
  }

  #takeOverride(override: string): void {
    const at = override.indexOf("=");
    if (at <= 0) throw new ConfigError(`--set ${override}: a setting is given as name=value`);
    this.#set(override.slice(0, at).trim(), override.slice(at + 1).trim(), "override", "--set");
  }

  #set(name: string, text: string, source: SettingSource, place: string): void {
    const definition = byName.get(name);
    if (definition === undefined) {
      const nearest = nearestName(name, knownNames);
      const hint = nearest === null ? "docs/CONFIG.md lists all settings" : `the nearest one is ${nearest}`;
      throw new ConfigError(`${place}: "${name}" is no setting; ${hint}`);
    }
    // An empty value takes a setting back that has no default.
    const value = text === "" && definition.defaultText === null ? null : text;
    try {
      if (value !== null) definition.type.parse(name, value);
    } catch (error) {
      throw error instanceof ConfigError ? new ConfigError(`${place}: ${error.message}`) : error;
    }
    this.#entries.set(name, { definition, text: value, source });
  }

  #warnIfIdle({ definition, text, source }: SettingEntry): void {
    if (definition.effect || source === "default" || text === definition.defaultText) return;
    this.warnings.push(`${definition.name}=${text} has no effect: ${definition.doc}`);
  }
}

export function environmentName(setting: string): string {
  return `KAFKA_${setting.toUpperCase().replaceAll(".", "_")}`;
}

const byEnvironment: ReadonlyMap<string, ConfigDefinition> = new Map(
  allSettings.map((row) => [environmentName(row.name), row]),
);
