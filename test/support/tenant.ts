import { randomUUID } from "node:crypto";

/** A tenant that no other test and no earlier run has written to, for servers that outlive a run. */
export function freshTenant(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}
