import { ask } from "../source/answers.ts";
import type { PlacedRule } from "./rule-index.ts";

/** What a ruler says of one rule. */
export interface RuleState {
  /** `ok`, `err`, or `unknown` before it was evaluated. */
  readonly health: string;
  /** Why the last evaluation failed; empty where it did not. */
  readonly error: string;
  /** Of an alert: `inactive`, `pending` or `firing`, and how many series are. */
  readonly state: string | undefined;
  readonly alerts: number;
  /** When it was evaluated last, in words of ISO 8601; empty where it never was. */
  readonly evaluated: string;
}

/** The states of a ruler's rules. */
export type RuleStates = (rule: PlacedRule) => RuleState | undefined;

interface RulerAnswer {
  readonly groups: readonly RulerGroup[];
}

interface RulerGroup {
  readonly name: string;
  /** Mimir's namespace, or a file of Prometheus. */
  readonly file: string;
  readonly rules: readonly RulerRule[];
}

interface RulerRule {
  readonly name: string;
  readonly health?: string;
  readonly lastError?: string;
  readonly state?: string;
  readonly alerts?: readonly unknown[];
  readonly lastEvaluation?: string;
}

/** Asks the ruler behind a data source. Throws what it answers where it does not tell. */
export async function fetchRuleStates(source: string): Promise<RuleStates> {
  const { data } = await ask<RulerAnswer>(source, { path: "api/v1/rules", form: new URLSearchParams() });
  return ({ name, nth, home }) => {
    const called = data.groups.filter((group) => group.name === home.group.name);
    const group = called.find(({ file }) => file === home.namespace) ?? called[0];
    const found = group?.rules.filter((rule) => rule.name === name)[nth];
    return found && stateOf(found);
  };
}

function stateOf({
  health = "unknown",
  lastError = "",
  state,
  alerts = [],
  lastEvaluation = "",
}: RulerRule): RuleState {
  // Go's zero time: never.
  const evaluated = lastEvaluation.startsWith("0001-") ? "" : lastEvaluation;
  return { health, error: lastError, state, alerts: alerts.length, evaluated };
}
