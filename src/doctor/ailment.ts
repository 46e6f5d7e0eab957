import type { Missing } from "./missing.ts";

/** Something that keeps boards empty or a publish from being done, found on a live stack. */
export interface Ailment {
  /** Which check found it: `grafana-token`, `tenant`, `exporter`. */
  readonly check: string;
  /** Where: a server, a tenant, a cluster. */
  readonly where: string;
  readonly says: string;
  readonly mend: string;
}

/** What a check leaves behind where it found nothing: a line that says what is well. */
export interface Health {
  readonly ailments: readonly Ailment[];
  readonly well: readonly string[];
  /** What may be meant, or may not: it empties panels, and keeps nothing from being done. */
  readonly missing?: readonly Missing[];
}

export function healthOf(...parts: readonly Health[]): Health {
  return {
    ailments: parts.flatMap(({ ailments }) => ailments),
    well: parts.flatMap(({ well }) => well),
    missing: parts.flatMap(({ missing = [] }) => missing),
  };
}
