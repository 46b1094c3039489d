// core: reads the options object of a client against a table of rules: unknown names, wrong types and values
// out of range are errors that name the option, quote the value and say what it should be.
import { ClientError } from "../errors.ts";
import { nearestName } from "./nearest-name.ts";

export interface OptionRule<T> {
  /** Undefined: the option must be given. */
  readonly defaultValue: T | undefined;
  /** What the value should be, or null when it is fine. */
  readonly problem: (value: unknown) => string | null;
}

export type OptionRules<T> = { readonly [Name in keyof T]-?: OptionRule<T[Name]> };

/** All options with defaults filled in; throws ClientError INVALID_OPTION. */
export function readOptions<T extends object>(maker: string, rules: OptionRules<T>, given: unknown): T {
  if (typeof given !== "object" || given === null) {
    throw new ClientError("INVALID_OPTION", `${maker}: options should be an object, not ${quote(given)}`);
  }
  const names = Object.keys(rules);
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(rules, name)) continue;
    const near = nearestName(name, names);
    const advice = near === null ? `known are ${names.join(", ")}` : `did you mean "${near}"?`;
    throw new ClientError("INVALID_OPTION", `${maker}: there is no option "${name}"; ${advice}`);
  }
  const read: Record<string, unknown> = {};
  for (const name of names) {
    const rule = rules[name as keyof T];
    const value = (given as Record<string, unknown>)[name];
    if (value === undefined) {
      if (rule.defaultValue === undefined) {
        throw new ClientError("INVALID_OPTION", `${maker}: the option "${name}" must be given`);
      }
      read[name] = rule.defaultValue;
      continue;
    }
    const problem = rule.problem(value);
    if (problem !== null) {
      throw new ClientError(
        "INVALID_OPTION",
        `${maker}: ${name} is ${quote(value)}; it should be ${problem}`,
      );
    }
    read[name] = value;
  }
  return read as T;
}

export function quote(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return String(value);
}

export function whole(min: number, max: number, defaultValue: number): OptionRule<number> {
  return {
    defaultValue,
    problem: (value) =>
      Number.isInteger(value) && (value as number) >= min && (value as number) <= max
        ? null
        : `a whole number from ${min} to ${max}`,
  };
}

export function flag(defaultValue: boolean): OptionRule<boolean> {
  return { defaultValue, problem: (value) => (typeof value === "boolean" ? null : "true or false") };
}

export function text(defaultValue: string | undefined): OptionRule<string> {
  return {
    defaultValue,
    problem: (value) => (typeof value === "string" && value !== "" ? null : "a text that is not empty"),
  };
}

/** May be empty. */
export function anyText(defaultValue: string): OptionRule<string> {
  return { defaultValue, problem: (value) => (typeof value === "string" ? null : "a text") };
}

export function oneOf<const T>(values: readonly T[], defaultValue: T): OptionRule<T> {
  const names = values.map(quote).join(", ");
  return { defaultValue, problem: (value) => (values.includes(value as T) ? null : `one of ${names}`) };
}
