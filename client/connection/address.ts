// core: reads addresses as people write them: host:port, [ipv6]:port, several with commas between.
import type { Address } from "../../base/ports/network.ts";
import { ClientError } from "../errors.ts";

const defaultPort = 9092;

/** At least one address; throws ClientError INVALID_OPTION. */
export function parseBootstrap(given: string | readonly string[]): Address[] {
  const parts = (typeof given === "string" ? [given] : given).flatMap((part) => part.split(","));
  const addresses = parts.map((part) => part.trim()).filter((part) => part !== "");
  if (addresses.length === 0) {
    throw new ClientError("INVALID_OPTION", "bootstrap is empty; it should be host:port,host:port");
  }
  return addresses.map(parseAddress);
}

function parseAddress(given: string): Address {
  const found = /^(?:[A-Z_]+:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^:/\s[\]]+))(?::(\d{1,5}))?$/.exec(given);
  const port = found?.[3] === undefined ? defaultPort : Number(found[3]);
  if (found === null || port < 1 || port > 65_535) {
    throw new ClientError("INVALID_OPTION", `bootstrap has ${JSON.stringify(given)}; it should be host:port`);
  }
  return { host: found[1] ?? found[2]!, port };
}

export function addressText(address: Address): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
