import type { PreviewRules } from "../../bundle.ts";
import type { Rule } from "../../../src/rule-group.ts";
import { grouped } from "../grouped.ts";

/** A rule, and where it lives. */
export interface PlacedRule {
  /** What it records, or the alert. */
  readonly name: string;
  readonly kind: "recording" | "alert";
  readonly rule: Rule;
  /** Its group, in its tenant's ruler. */
  readonly home: PreviewRules;
  /** How many rules of this name come before it in the group. */
  readonly nth: number;
}

/** Every rule of every group, in order. */
export function placedRules(rules: readonly PreviewRules[]): PlacedRule[] {
  return rules.flatMap((home) => {
    const before = new Map<string, number>();
    return home.group.rules.map((rule): PlacedRule => {
      const name = "record" in rule ? rule.record : rule.alert;
      const nth = before.get(name) ?? 0;
      before.set(name, nth + 1);
      return { name, kind: "record" in rule ? "recording" : "alert", rule, home, nth };
    });
  });
}

/** Who records which series. */
export function recordedBy(placed: readonly PlacedRule[]): ReadonlyMap<string, readonly PlacedRule[]> {
  return grouped(
    placed.filter(({ kind }) => kind === "recording"),
    ({ name }) => name,
  );
}

/** Every word of an expression that could be a name, also in strings: `ALERTS{alertname="ClusterDown"}` names an alert. */
export function namesIn(expr: string): ReadonlySet<string> {
  return new Set(expr.match(/[A-Za-z_:][\w:]*/gu));
}
