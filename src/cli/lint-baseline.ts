import { existsSync, readFileSync } from "node:fs";
import * as z from "zod";
import { type Finding, fingerprint } from "../lint/index.ts";
import { Misuse } from "./misuse.ts";

const schema = z.object({
  version: z.literal(1),
  findings: z.array(z.object({ fingerprint: z.string(), check: z.string(), resource: z.string(), where: z.string() })),
});

/** Findings that a repository has lived with until now: only new ones count. */
export interface Baseline {
  readonly news: readonly Finding[];
  /** Entries whose finding is gone. */
  readonly gone: number;
}

export function baselineText(findings: readonly Finding[]): string {
  const entries = findings.map((finding) => ({
    fingerprint: fingerprint(finding),
    check: finding.check,
    resource: finding.resource,
    where: finding.where,
  }));
  return `${JSON.stringify({ version: 1, findings: entries }, null, 2)}\n`;
}

/** @throws {Misuse} where there is no such file, or it is something else. */
export function againstBaseline(findings: readonly Finding[], file: string): Baseline {
  if (!existsSync(file)) throw new Misuse(`there is no baseline ${file}: write it with --write-baseline ${file}`);
  let read: z.infer<typeof schema>;
  try {
    read = schema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    throw new Misuse(`${file} is no baseline: write it with --write-baseline ${file}`);
  }
  const left = new Map<string, number>();
  for (const entry of read.findings) left.set(entry.fingerprint, (left.get(entry.fingerprint) ?? 0) + 1);
  const news = findings.filter((finding) => {
    const key = fingerprint(finding);
    const count = left.get(key) ?? 0;
    if (count > 0) left.set(key, count - 1);
    return count === 0;
  });
  return { news, gone: [...left.values()].reduce((sum, count) => sum + count, 0) };
}
