import { createHash } from "node:crypto";
import { parse } from "yaml";
import { type DashboardResource, type Folder, type FolderPermissions, isBoardResource, tagsIn } from "../bundle.ts";
import { secondsOf } from "../duration.ts";
import { boardForm } from "./board-form.ts";
import { isEmpty } from "./difference.ts";
import { promqlForm } from "./promql-form.ts";
import { remembered } from "../remembered.ts";
import type { Live } from "./target.ts";

/** A spec without the ways to write one thing in two ways, and without what a server fills in. */
export function normalForm({ kind, id, spec }: Pick<Live, "kind" | "id" | "spec">): unknown {
  switch (kind) {
    case "file":
      return fileContent(id, (spec as { readonly text: string }).text);
    case "rule-group":
      return group(spec as Record_);
    case "folder": {
      const { title, parent } = spec as Folder;
      return { title, ...(parent !== undefined && { parent }) };
    }
    case "team":
      return spec;
    case "permissions":
      return (spec as Pick<FolderPermissions, "opened">).opened
        .map(({ to, may }) => ({ name: to, may }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    case "datasource":
      return dataSource(spec as Record_);
    case "dashboard":
      return board(spec as DashboardResource["spec"]);
    case "alertmanager":
      return canonical(spec);
  }
}

/** Without what makes it ours, and without what a server does not tell of it: only which secrets are set. */
export function unmarked({ kind, id, spec }: Pick<Live, "kind" | "id" | "spec">): Pick<Live, "kind" | "id" | "spec"> {
  if (kind === "dashboard") {
    const { folder, dashboard } = spec as DashboardResource["spec"];
    const unsigned = (tags: readonly string[]): string[] => tags.filter((tag) => !tag.startsWith("fleetglass:"));
    return {
      kind,
      id,
      spec: {
        folder,
        dashboard: isBoardResource(dashboard)
          ? { ...dashboard, spec: { ...dashboard.spec, tags: unsigned(tagsIn(dashboard)) } }
          : { ...dashboard, tags: unsigned(dashboard.tags ?? []) },
      },
    };
  }
  if (kind === "datasource") {
    const { jsonData, secureJsonData, ...rest } = spec as Record_;
    const { fleetglass: _ours, ...others } = (jsonData ?? {}) as Record_;
    return { kind, id, spec: { ...rest, jsonData: others, secrets: Object.keys(secureJsonData ?? {}).toSorted() } };
  }
  return { kind, id, spec };
}

/** Sixteen digits that differ where the normal forms do. Secrets are left out: their names and absence are not. */
export function digestOf(live: Pick<Live, "kind" | "id" | "spec">): string {
  return live.kind === "rule-group" ? digests(JSON.stringify(live.spec), () => digest(live)) : digest(live);
}

/** Tenants share most of their rule groups, and a normal form takes ten times as long as the text. */
const digests = remembered<string>(10_000);

function digest(live: Pick<Live, "kind" | "id" | "spec">): string {
  return createHash("sha256")
    .update(JSON.stringify(stripped(normalForm(live))))
    .digest("hex")
    .slice(0, 16);
}

/** What an Alertmanager holds where we know no name for it: shown like this, and never the text itself. */
export const hidden = "(hidden)";

/** Keys in order, nothing empty, no secret: what a server adds or leaves out by itself does not count. */
function stripped(value: unknown): unknown {
  if (value === hidden || isReference(value)) return "(secret)";
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, stripped(item)] as const)
      .filter(([, item]) => !isEmpty(item))
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** `{ env: "NAME" }`: a secret by name. */
export function isReference(value: unknown): value is { readonly env: string } {
  return (
    typeof value === "object" &&
    value !== null &&
    "env" in value &&
    typeof value.env === "string" &&
    Object.keys(value).length === 1
  );
}

/** Names of secrets that stand in it and have no value. */
export function missingSecrets(value: unknown, secret: (name: string) => string | undefined): string[] {
  const missing = new Set<string>();
  const visit = (item: unknown): void => {
    if (isReference(item)) {
      if ((secret(item.env) ?? "") === "") missing.add(item.env);
    } else if (typeof item === "object" && item !== null) Object.values(item).forEach(visit);
  };
  visit(value);
  return [...missing];
}

type Record_ = Readonly<Record<string, unknown>>;

/** Mimir answers the default of what was never set, or leaves it out: both are the same group. */
function group(spec: Record_): unknown {
  const { limit, align_evaluation_time_on_interval: aligned, evaluation_delay: delay, ...rest } = spec;
  const offset = rest["query_offset"] ?? delay;
  return canonical({
    ...rest,
    ...(limit !== 0 && limit !== undefined && { limit }),
    ...(aligned === true && { align_evaluation_time_on_interval: true }),
    // `evaluation_delay` is the name that query_offset had. Zero is kept: it is not the tenant's own.
    ...(offset !== undefined && { query_offset: offset }),
    rules: (spec["rules"] as readonly Record_[]).map(rule),
  });
}

function rule({ for: lasting, keep_firing_for: keeps, ...rest }: Record_): unknown {
  return {
    ...rest,
    ...(!isZero(lasting) && { for: lasting }),
    ...(!isZero(keeps) && { keep_firing_for: keeps }),
  };
}

function isZero(duration: unknown): boolean {
  return duration === undefined || (typeof duration === "string" && secondsOf(duration) === 0);
}

/** The checksum in our marker says what was written, and is no part of it. */
function dataSource({ jsonData, ...rest }: Record_): unknown {
  const { fleetglass, ...others } = (jsonData ?? {}) as Record_;
  const { checksum: _ours, ...marker } = (fleetglass ?? {}) as Record_;
  return { ...rest, jsonData: { ...others, ...(fleetglass !== undefined && { fleetglass: marker }) } };
}

function board({ folder, dashboard }: DashboardResource["spec"]): unknown {
  if (isBoardResource(dashboard)) return { folder, dashboard: canonical(boardForm(dashboard)) };
  const { fleetglass: _ours, ...rest } = dashboard as unknown as Record_;
  return { folder, dashboard: canonical(rest) };
}

function fileContent(path: string, text: string): unknown {
  try {
    return path.endsWith(".json") ? (JSON.parse(text) as unknown) : (parse(text) as unknown);
  } catch {
    return text;
  }
}

const durations: ReadonlySet<string> = new Set([
  "interval",
  "for",
  "keep_firing_for",
  "query_offset",
  "group_wait",
  "group_interval",
  "repeat_interval",
  "resolve_timeout",
]);

/** `1m` is `60s`, a text ends where its last character is, and an expression means the same however it is laid out. */
function canonical(value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    if (key === "expr") return promqlForm(value);
    return durations.has(key) ? duration(value) : value.trim();
  }
  if (Array.isArray(value)) return value.map((item) => canonical(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, canonical(item, name)]));
}

function duration(text: string): string {
  const seconds = secondsOf(text);
  return Number.isFinite(seconds) ? `${seconds}s` : text;
}
