// core: addresses in settings: host:port, listeners (NAME://host:port), voters (id@host:port:directoryId).
import { type Uuid, uuidToBytes } from "../../base/uuid.ts";
import { ConfigError } from "./config-error.ts";
import type { HostPort, VoterConfig } from "./node-config.ts";

const loopback = "127.0.0.1";

export interface NamedAddress extends HostPort {
  readonly name: string;
}

/** "host:port" or "[v6]:port"; without a host, `defaultHost`. */
export function parseHostPort(setting: string, text: string, defaultHost = loopback): HostPort {
  const found = /^(?:\[([^\]]*)\]|([^:]*)):(\d+)$/.exec(text);
  const port = found === null ? -1 : Number(found[3]);
  if (found === null || port > 65_535) {
    throw new ConfigError(
      `${setting}: "${text}" is no address; it must be host:port, the port at most 65535`,
    );
  }
  return { host: found[1] || found[2] || defaultHost, port };
}

/** Items NAME://host:port; names are unique. */
export function parseListeners(setting: string, items: readonly string[]): NamedAddress[] {
  const listeners = items.map((item) => {
    const found = /^([A-Za-z0-9_-]+):\/\/(.*)$/.exec(item);
    if (found === null) {
      throw new ConfigError(`${setting}: "${item}" is no listener; it must be NAME://host:port`);
    }
    return { name: found[1]!.toUpperCase(), ...parseHostPort(setting, found[2]!) };
  });
  for (const { name } of listeners) {
    if (listeners.filter((other) => other.name === name).length > 1) {
      throw new ConfigError(`${setting}: the name ${name} comes twice; every listener needs its own`);
    }
  }
  return listeners;
}

function parseVoter(setting: string, item: string): VoterConfig {
  const found = /^(\d+)@(.+)$/.exec(item);
  const refuse = (): ConfigError =>
    new ConfigError(`${setting}: "${item}" is no voter; it must be id@host:port or id@host:port:directoryId`);
  if (found === null) throw refuse();
  const rest = found[2]!;
  const withDirectory = /^(.*:\d+):([^:\]]+)$/.exec(rest);
  const directoryId: Uuid | null = withDirectory?.[2] ?? null;
  if (directoryId !== null && uuidToBytes(directoryId) === null) throw refuse();
  return { id: Number(found[1]), ...parseHostPort(setting, withDirectory?.[1] ?? rest), directoryId };
}

export function parseVoters(setting: string, items: readonly string[]): VoterConfig[] {
  const voters = items.map((item) => parseVoter(setting, item));
  for (const { id } of voters) {
    if (voters.filter((other) => other.id === id).length > 1) {
      throw new ConfigError(`${setting}: voter ${id} comes twice`);
    }
  }
  return voters;
}

/** True for an address that can be listened on but not connected to. */
export function isWildcard(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}
