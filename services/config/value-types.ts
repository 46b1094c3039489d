// core: the types a setting can have: from its text to a value, or a ConfigError that quotes the text.
import { ConfigError } from "./config-error.ts";

export interface ValueType<T = unknown> {
  /** As Kafka's DescribeConfigs names it, and the documentation. */
  readonly name: "boolean" | "int" | "long" | "double" | "string" | "list";
  /** For the documentation: which values are allowed. */
  readonly allowed: string;
  /** Throws ConfigError. */
  parse(setting: string, text: string): T;
}

const int32Max = 2_147_483_647;
/** Kafka's Long.MAX; as a double it is 2^63. */
export const longMaxText = "9223372036854775807";

function refuse(setting: string, text: string, allowed: string): never {
  throw new ConfigError(`${setting}: the value is "${text}"; it must be ${allowed}`);
}

function whole(name: "int" | "long", min: number, max: number): ValueType<number> {
  const top = max === int32Max || max > Number.MAX_SAFE_INTEGER ? "" : ` and at most ${max}`;
  const allowed = `a whole number of at least ${min}${top}`;
  const parse = (setting: string, text: string): number => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value < min || value > max) refuse(setting, text, allowed);
    return value;
  };
  return { name, allowed, parse };
}

export function int(min: number, max = int32Max): ValueType<number> {
  return whole("int", min, max);
}

export function long(min: number): ValueType<number> {
  return whole("long", min, 2 ** 63);
}

export function fraction(): ValueType<number> {
  const allowed = "a number from 0 to 1";
  const parse = (setting: string, text: string): number => {
    const value = Number(text);
    if (!/^\d*\.?\d+$/.test(text) || value > 1) refuse(setting, text, allowed);
    return value;
  };
  return { name: "double", allowed, parse };
}

export const positive: ValueType<number> = {
  name: "double",
  allowed: "a number greater than 0",
  parse(setting, text) {
    const value = Number(text);
    if (text.trim() === "" || !(value > 0)) refuse(setting, text, "a number greater than 0");
    return value;
  },
};

export const boolean: ValueType<boolean> = {
  name: "boolean",
  allowed: "true or false",
  parse(setting, text) {
    const value = text.toLowerCase();
    if (value !== "true" && value !== "false") refuse(setting, text, "true or false");
    return value === "true";
  },
};

export const string: ValueType<string> = { name: "string", allowed: "text", parse: (_, text) => text };

export function choice<const T extends string>(...values: T[]): ValueType<T> {
  const allowed = `one of ${values.join(", ")}`;
  const parse = (setting: string, text: string): T => {
    const found = values.find((value) => value.toLowerCase() === text.toLowerCase());
    return found ?? refuse(setting, text, allowed);
  };
  return { name: "string", allowed, parse };
}

function items(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

export const list: ValueType<string[]> = {
  name: "list",
  allowed: "values separated by commas",
  parse: (_, text) => items(text),
};

/** A list whose items are each one of `values`. */
export function listOf<const T extends string>(...values: T[]): ValueType<T[]> {
  const allowed = `a list of ${values.join(", ")}`;
  const parse = (setting: string, text: string): T[] => {
    const found = items(text);
    if (found.some((item) => !values.includes(item as T))) refuse(setting, text, allowed);
    return found as T[];
  };
  return { name: "list", allowed, parse };
}
