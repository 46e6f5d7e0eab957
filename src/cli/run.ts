import { bundle, type Resource } from "../bundle.ts";
import { type Finding, lint } from "../lint/index.ts";
import type { Project } from "../project.ts";
import { type Loaded, loadProject } from "./load.ts";
import type { Environment } from "./servers.ts";

/** What the commands share with the outside. */
export interface World {
  readonly print: (text: string) => unknown;
  /** For progress and problems: never mixed into what a program reads. */
  readonly tell: (text: string) => unknown;
  readonly environment: Environment;
  /** Asks whoever sits before the terminal; absent where nobody does. */
  readonly ask?: (question: string) => Promise<string>;
}

export interface CommonOptions {
  readonly fleet?: string;
  /** Of several live stacks, the one whose variables begin with this: `PRD_GRAFANA_URL`. */
  readonly context?: string;
  readonly json?: boolean;
}

export interface Generated {
  readonly loaded: Loaded;
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
}

/**
 * What a project makes, and what is wrong with it. `onLoaded` is called as soon as the project is known: generating and
 * linting keep this process busy, so what others can do meanwhile is begun there.
 */
export async function generated(
  { fleet }: CommonOptions,
  onLoaded?: (project: Project) => Promise<void>,
): Promise<Generated> {
  const loaded = await loadProject(fleet);
  await onLoaded?.(loaded.project);
  const resources = bundle(loaded.project);
  const { fleet: lintedFleet, checks } = loaded.project;
  const all = unaccepted(lint(resources, { fleet: lintedFleet, ...(checks && { severity: checks }) }), loaded.project);
  // What is only worth knowing stops nothing.
  return { loaded, resources, findings: all.filter(({ severity }) => severity !== "info") };
}

/** Without those that were there already when a thing was pulled. */
export function unaccepted(findings: readonly Finding[], { pulled }: Pick<Project, "pulled">): readonly Finding[] {
  const key = ({ resource, check, where }: Pick<Finding, "resource" | "check" | "where">): string =>
    JSON.stringify([resource, check, where]);
  const accepted = new Set(pulled?.accepted?.map(key));
  return findings.filter((finding) => !accepted.has(key(finding)));
}
