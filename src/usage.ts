import { panelsOf, type Resource } from "./bundle.ts";

/** Who reads a metric. */
export interface Usage {
  /** Board uids, with the titles of the panels. */
  readonly panels: ReadonlyMap<string, ReadonlySet<string>>;
  /** Names of recording rules and alerts. */
  readonly rules: ReadonlySet<string>;
}

/** Every name in an expression that could be a metric's: words, without those in texts. */
export function namesIn(expr: string): string[] {
  return [...new Set(expr.replaceAll(/"(?:[^"\\]|\\.)*"/gu, '""').match(/[a-zA-Z_:][\w:]*/gu))];
}

/** Which boards and rules read each series, raw or recorded; what a rule reads is read by those that read what it records. */
export function usageOf(resources: readonly Resource[]): ReadonlyMap<string, Usage> {
  const found = new Map<string, { panels: Map<string, Set<string>>; rules: Set<string> }>();
  const of = (name: string): { panels: Map<string, Set<string>>; rules: Set<string> } => {
    const known = found.get(name) ?? { panels: new Map<string, Set<string>>(), rules: new Set<string>() };
    found.set(name, known);
    return known;
  };
  const reads = new Map<string, Set<string>>();
  for (const resource of resources) {
    if (resource.kind !== "rule-group") continue;
    for (const rule of resource.spec.rules) {
      const name = "record" in rule ? rule.record : rule.alert;
      for (const read of namesIn(rule.expr)) {
        of(read).rules.add(name);
        if ("record" in rule) reads.set(name, (reads.get(name) ?? new Set()).add(read));
      }
    }
  }
  const below = (name: string, seen: Set<string>): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const one of reads.get(name) ?? []) below(one, seen);
    return seen;
  };
  for (const resource of resources) {
    if (resource.kind !== "dashboard") continue;
    for (const { title, text } of panelsOf(resource.spec.dashboard)) {
      for (const expr of text === "" ? [] : expressionsIn(JSON.parse(text))) {
        const names = new Set<string>();
        for (const name of namesIn(expr)) below(name, names);
        for (const name of names) {
          const panels = of(name).panels;
          panels.set(resource.id, (panels.get(resource.id) ?? new Set()).add(title));
        }
      }
    }
  }
  return found;
}

function expressionsIn(asked: unknown): string[] {
  if (Array.isArray(asked)) return asked.flatMap((item: unknown) => expressionsIn(item));
  if (typeof asked !== "object" || asked === null) return [];
  return Object.entries(asked).flatMap(([key, value]: [string, unknown]) =>
    key === "expr" && typeof value === "string" ? [value] : expressionsIn(value),
  );
}

/** The boards that read one of these series, with how many panels of each do. */
export function boardsOf(usage: ReadonlyMap<string, Usage>, names: readonly string[]): string[] {
  const boards = new Map<string, Set<string>>();
  for (const name of names) {
    for (const [board, titles] of usage.get(name)?.panels ?? []) {
      boards.set(board, new Set([...(boards.get(board) ?? []), ...titles]));
    }
  }
  return [...boards]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([board, { size }]) => `${board} (${size} panel${size === 1 ? "" : "s"})`);
}

/** Labels that an expression names: to match, to group, to join, to copy. */
export function labelsIn(expr: string): string[] {
  const lists = [...expr.matchAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)/gu)];
  const grouped = lists.flatMap(([, list = ""]) => list.match(/\w+/gu) ?? []);
  const matched = [...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/gu)].map(([, label = ""]) => label);
  const copied = [...expr.matchAll(/label_(?:replace|join)\([^"]*"(\w+)"(?:,\s*"[^"]*",\s*"(\w*)")?/gu)];
  return [...new Set([...grouped, ...matched, ...copied.flatMap(([, to = "", from = ""]) => [to, from])])].filter(
    (label) => label !== "",
  );
}

/**
 * Labels that a board or a rule names outside its expressions: in legends and texts (`{{pod}}`, `$labels.pod`), in the values of
 * a variable, and in what renames and orders a table's columns.
 */
export function labelsShown(of: unknown): string[] {
  if (typeof of === "string") {
    const found = [
      ...of.matchAll(/\{\{\s*(?:\$labels\.)?(\w+)[^}]*\}\}|\$labels\.(\w+)|label_values\(.*?,\s*(\w+)\s*\)$/gsu),
    ].flatMap((match) => match.slice(1).filter((label) => label !== undefined));
    // What groups or orders by a field says its name and nothing else.
    return /^\w+$/u.test(of) ? [of, ...found] : found;
  }
  if (Array.isArray(of)) return of.flatMap((item: unknown) => labelsShown(item));
  if (typeof of !== "object" || of === null) return [];
  return Object.entries(of).flatMap(([key, value]: [string, unknown]) => [
    ...(/ByName$|^fields$/u.test(key) && typeof value === "object" && value !== null ? Object.keys(value) : []),
    ...labelsShown(value),
  ]);
}

/** Every expression of a bundle, those of variables and annotations among them. */
export function everyExpression(resources: readonly Resource[]): string[] {
  return resources.flatMap((resource) => {
    if (resource.kind === "rule-group") return resource.spec.rules.map(({ expr }) => expr);
    return resource.kind === "dashboard" ? queriesIn(resource.spec.dashboard) : [];
  });
}

/** Every text of a board, ours or not, that is a query: of panels, however deep, of variables and of annotations. */
export function queriesIn(board: unknown): string[] {
  if (Array.isArray(board)) return board.flatMap((item: unknown) => queriesIn(item));
  if (typeof board !== "object" || board === null) return [];
  return Object.entries(board).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "string" ? (["expr", "query", "definition"].includes(key) ? [value] : []) : queriesIn(value),
  );
}
