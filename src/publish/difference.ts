import { isDeepStrictEqual } from "node:util";

/** One field that differs. Absent sides are things that only one of them has. */
export interface Difference {
  /** `rules[ClusterDown].for`: members of lists by name, where they have one. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/**
 * What would change, field by field, if `after` replaced `before`? Members of a list are matched by what names them, so a
 * rule that is gone is one difference and not a shift of all that follow it. What a server adds by itself and leaves
 * empty is no difference.
 */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(before, after, path);
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => {
      const at = path === "" ? key : `${path}.${key}`;
      if (!(key in after)) return isEmpty(before[key]) ? [] : [{ path: at, before: before[key] }];
      if (!(key in before)) return isEmpty(after[key]) ? [] : [{ path: at, after: after[key] }];
      return differences(before[key], after[key], at);
    });
  }
  return [{ path, before, after }];
}

function listDifferences(before: readonly unknown[], after: readonly unknown[], path: string): Difference[] {
  // Names that are not one member's alone are told apart by their labels, in both lists alike.
  const shared = new Set([...repeated(before), ...repeated(after)]);
  const was = named(before, shared);
  const is = renamed(named(after, shared), was);
  const changed = [...new Set([...was.keys(), ...is.keys()])].flatMap((name): Difference[] => {
    const at = `${path}[${name}]`;
    if (!is.has(name)) return [{ path: at, before: was.get(name) }];
    if (!was.has(name)) return [{ path: at, after: is.get(name) }];
    return differences(was.get(name), is.get(name), at);
  });
  const kept = (names: Iterable<string>, other: ReadonlyMap<string, unknown>): string[] =>
    [...names].filter((name) => other.has(name));
  // Rules of a group are evaluated, and panels and variables shown, in their order.
  if (!isDeepStrictEqual(kept(was.keys(), is), kept(is.keys(), was))) {
    changed.push({ path: `${path} (order)`, before: [...was.keys()].join(", "), after: [...is.keys()].join(", ") });
  }
  return changed;
}

/** A panel that only its title tells from what it was, for Grafana gave it its number, goes by the old title: then that is what differs. */
function renamed(members: ReadonlyMap<string, unknown>, others: ReadonlyMap<string, unknown>): Map<string, unknown> {
  const numbered = new Map([...others].flatMap(([name, item]) => (members.has(name) ? [] : [[numberOf(item), name]])));
  return new Map(
    [...members].map(([name, item]) => {
      const number = others.has(name) ? undefined : numberOf(item);
      const old = number === undefined ? undefined : numbered.get(number);
      // Two of one number are two all the same.
      numbered.delete(number);
      return [old ?? name, item] as const;
    }),
  );
}

function numberOf(item: unknown): number | undefined {
  return isRecord(item) && typeof item["id"] === "number" && "title" in item ? item["id"] : undefined;
}

function repeated(list: readonly unknown[]): string[] {
  const names = list.map(nameOf);
  return names.filter((name, at): name is string => name !== undefined && names.indexOf(name) < at);
}

/** The members by name, by name and labels where the name is shared, and by their place where that is all there is. */
function named(list: readonly unknown[], shared: ReadonlySet<string>): Map<string, unknown> {
  const members = new Map<string, unknown>();
  list.forEach((item, at) => {
    const name = nameOf(item) ?? String(at);
    const labels = isRecord(item) && isRecord(item["labels"]) ? item["labels"] : undefined;
    const full = shared.has(name) && labels ? `${name}${labelText(labels)}` : name;
    members.set(members.has(full) ? `${full} #${at}` : full, item);
  });
  return members;
}

/** As PromQL writes it, in one order whoever wrote it: `{cause="silent"}`. */
function labelText(labels: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(labels)
    .map(([label, value]) => `${label}="${String(value)}"`)
    .toSorted();
  return `{${pairs.join(",")}}`;
}

function nameOf(item: unknown): string | undefined {
  if (typeof item === "string") return item;
  if (!isRecord(item)) return undefined;
  for (const key of ["alert", "record", "uid", "title", "name", "refId", "id"]) {
    const value = item[key];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  // What a board of the newer model lists says its name inside, and what a layout places is an element.
  if (typeof item["kind"] === "string" && isRecord(item["spec"])) {
    const { element } = item["spec"];
    return nameOf(item["spec"]) ?? (isRecord(element) ? nameOf(element) : undefined);
  }
  // Grafana's overrides are named by the field that they match.
  return isRecord(item["matcher"]) ? String(item["matcher"]["options"]) : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What a server adds by itself and leaves empty. */
export function isEmpty(value: unknown): boolean {
  if (value === null || value === "" || value === undefined) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
