import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { checks } from "../lint/index.ts";
import type { CheckSeverities } from "../project.ts";
import { Misuse } from "./misuse.ts";

/** Read from the folder where the command runs. */
export const lintConfigFile = ".fleetglass-lint.yaml";

const ids: ReadonlySet<string> = new Set([...checks.map(({ id }) => id), "S01", "S02"]);

const schema = z.strictObject({
  severity: z.record(z.string(), z.enum(["error", "warning", "info", "off"])).exactOptional(),
  exclude: z.array(z.string()).exactOptional(),
  clusterLabel: z.string().exactOptional(),
  scrapeInterval: z.string().exactOptional(),
  retention: z.string().exactOptional(),
  dialect: z.enum(["prometheus", "mimir"]).exactOptional(),
  targetVersion: z.string().exactOptional(),
  metricsFrom: z.array(z.string()).exactOptional(),
  baseline: z.string().exactOptional(),
});

/** What a repository says once instead of on each command line. */
export interface LintConfig {
  readonly severity?: CheckSeverities;
  readonly exclude?: readonly string[];
  readonly clusterLabel?: string;
  readonly scrapeInterval?: string;
  readonly retention?: string;
  readonly dialect?: "prometheus" | "mimir";
  readonly targetVersion?: string;
  readonly metricsFrom?: readonly string[];
  readonly baseline?: string;
}

/** @throws {Misuse} where the file is not as it should be, with the place. */
export function readLintConfig(named: string | undefined): LintConfig {
  const file = named ?? lintConfigFile;
  if (!existsSync(file)) {
    if (named !== undefined) throw new Misuse(`there is no file ${named}`);
    return {};
  }
  let written: unknown;
  try {
    written = parse(readFileSync(file, "utf8")) ?? {};
  } catch (error) {
    throw new Misuse(`${file} can't be read: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`);
  }
  const read = schema.safeParse(written);
  if (!read.success) {
    throw new Misuse(
      read.error.issues.map(({ path, message }) => `${file}: ${path.join(".") || "file"}: ${message}`).join("\n"),
    );
  }
  const unknown = Object.keys(read.data.severity ?? {}).find((id) => !ids.has(id));
  if (unknown !== undefined) throw new Misuse(`${file}: severity.${unknown}: there is no such check; see docs/checks`);
  return read.data;
}
