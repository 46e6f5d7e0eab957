import { type BoardResource, type DashboardResource, isBoardResource } from "../bundle.ts";
import { isEmpty } from "./difference.ts";

/** What people find a board by. */
export function nameIn({ folder, dashboard }: DashboardResource["spec"]): {
  readonly folder: string;
  readonly title: string;
} {
  const { title } = (isBoardResource(dashboard) ? dashboard.spec : dashboard) as { readonly title?: string };
  return { folder, title: title ?? "" };
}

type Json = Readonly<Record<string, unknown>>;

/**
 * What Grafana's schema of the model v2 gives a field of this name where nothing is said: `default` in its kinds. Everything that is
 * off, empty or left out is so too.
 */
const defaults: Readonly<Record<string, readonly unknown[]>> = {
  allowCustomValue: [true],
  auto_count: [0],
  autoRefreshIntervals: [["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"]],
  columnWidthMode: ["standard"],
  current: ["false", { text: "", value: "" }],
  cursorSync: ["Off"],
  disabledValue: ["false"],
  display: ["Last 6 hours"],
  editable: [true],
  enabledValue: ["true"],
  fiscalYearStartMonth: [0],
  from: ["now-6h"],
  hide: ["dontHide"],
  maxColumnCount: [3],
  mode: ["variable"],
  refresh: ["never"],
  regexApplyTo: ["value"],
  rowHeightMode: ["standard"],
  source: ["field"],
  timezone: ["browser"],
  to: ["now"],
  version: ["v0"],
};
/** On unless somebody says otherwise. */
const on: ReadonlySet<string> = new Set(["allowCustomValue", "editable"]);

/** What belongs to a plugin: there only it knows what is meant by nothing. */
const plugins: ReadonlySet<string> = new Set(["options", "custom"]);

/** A board of the model v2 without its uid, its version, and what Grafana fills in. */
export function boardForm(board: BoardResource): unknown {
  return { model: "v2", ...(withoutDefaults((inModel(board, "v2") as BoardResource).spec) as object) };
}

function withoutDefaults(value: unknown, key = ""): unknown {
  if (plugins.has(key)) return value;
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(item));
  if (typeof value !== "object" || value === null) return value;
  const ofPlugin = "kind" in value && value.kind === "DataQuery";
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, item]) => !isDefault(name, item))
      .map(([name, item]) => [name, ofPlugin && name === "spec" ? item : withoutDefaults(item, name)] as const)
      // A part that nothing was said of is there, and empty, in each of its own.
      .filter(([, item]) => !isEmpty(item)),
  );
}

function isDefault(name: string, value: unknown): boolean {
  if (value === false) return !on.has(name);
  if (!Object.hasOwn(defaults, name)) return false;
  const text = JSON.stringify(value);
  return defaults[name]?.some((one) => JSON.stringify(one) === text) === true;
}

/**
 * The same board in another version of the model: `v2beta1` writes transformations otherwise, and has no `preferences`.
 * Undefined where it can't say what the board says.
 */
export function inModel(board: BoardResource, version: "v2" | "v2beta1"): BoardResource | undefined {
  const apiVersion = `dashboard.grafana.app/${version}`;
  if (board.apiVersion === apiVersion) return board;
  if (version === "v2beta1" && "preferences" in board.spec) return undefined;
  return { ...board, apiVersion, spec: translated(board.spec, version === "v2" ? forward : back) as object };
}

function translated(value: unknown, transformation: (one: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((item) => translated(item, transformation));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [
      key,
      key === "transformations" && Array.isArray(item)
        ? item.map((one: Json) => transformation(one))
        : plugins.has(key)
          ? item
          : translated(item, transformation),
    ]),
  );
}

function forward({ kind, spec }: Json): Json {
  const { id, ...rest } = (spec ?? {}) as Json;
  return { kind: "Transformation", group: id ?? kind, spec: rest };
}

function back({ group, spec }: Json): Json {
  return { kind: group, spec: { id: group, ...(spec as object) } };
}
