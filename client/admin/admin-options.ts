// core: the options of an admin client.
import { type ConnectionOptions, connectionRules } from "../options/connection-options.ts";
import { type OptionRules, readOptions, whole } from "../options/read-options.ts";

export interface AdminSettings extends ConnectionOptions {
  /** How long a call tries, retries included (default.api.timeout.ms). */
  readonly apiTimeoutMs: number;
}

export type AdminOptions = Partial<Omit<AdminSettings, "bootstrap">> & Pick<AdminSettings, "bootstrap">;

const rules: OptionRules<AdminSettings> = { ...connectionRules, apiTimeoutMs: whole(1, 3_600_000, 60_000) };

/** Throws ClientError INVALID_OPTION. */
export function readAdminOptions(given: AdminOptions): AdminSettings {
  return readOptions<AdminSettings>("new Admin", rules, given);
}
