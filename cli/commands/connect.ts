// adapter: connects commands to a cluster with Ottla's own client, and closes it again.
import type { Admin } from "../../client/index.ts";
import type { ClusterOptions } from "./options.ts";

/** Rejects soon, and says what to do, when nobody answers at --bootstrap. */
export async function contact({ bootstrap }: ClusterOptions): Promise<void> {
  const { realClientEnv } = await import("../../base/real/env.ts");
  const { firstContact } = await import("./first-contact.ts");
  await firstContact(realClientEnv(), bootstrap);
}

/** Runs `work` with an admin connected to --bootstrap; closed afterwards, whatever happened. */
export async function withAdmin<T>(options: ClusterOptions, work: (admin: Admin) => Promise<T>): Promise<T> {
  // Loaded when it is needed: `ottla start` shall not wait for what only clients use.
  const { Admin } = await import("../../client/index.ts");
  await contact(options);
  const admin = new Admin({ bootstrap: options.bootstrap });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}
