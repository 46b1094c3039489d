// core: what is known of one setting, and how such rows are written down.
import type { ValueType } from "./value-types.ts";

export interface ConfigDefinition<T = unknown> {
  readonly name: string;
  readonly type: ValueType<T>;
  /** Null: not set; the documentation says what follows from that. */
  readonly defaultText: string | null;
  readonly doc: string;
  /** False: accepted, so that configurations made for Kafka work, but nothing depends on it yet. */
  readonly effect: boolean;
  /** Kafka's default where ours is another, and why. */
  readonly differs: { readonly kafka: string; readonly reason: string } | null;
  readonly sensitive: boolean;
}

export interface DefinitionOptions {
  kafka?: string;
  reason?: string;
  sensitive?: boolean;
}

export function setting<const Name extends string, T>(
  name: Name,
  type: ValueType<T>,
  defaultText: string | null,
  doc: string,
  options: DefinitionOptions = {},
): ConfigDefinition<T> & { readonly name: Name } {
  const { kafka, reason = "", sensitive = false } = options;
  const differs = kafka === undefined ? null : { kafka, reason };
  return { name, type, defaultText, doc, effect: true, differs, sensitive };
}

/** A setting of Kafka's without effect here (yet). */
export function withoutEffect<const Name extends string, T>(
  name: Name,
  type: ValueType<T>,
  defaultText: string | null,
  doc: string,
  options: DefinitionOptions = {},
): ConfigDefinition<T> & { readonly name: Name } {
  return { ...setting(name, type, defaultText, doc, options), effect: false };
}
