import type { Finding } from "../../../src/lint/check.ts";
import type { PreviewBoard } from "../../bundle.ts";
import { Facts } from "../facts.tsx";
import { FindingList } from "../finding-list.tsx";
import { PromqlCode } from "../promql/promql-code.tsx";
import type { PlacedRule } from "./rule-index.ts";
import { RuleAnnotations } from "./rule-annotations.tsx";
import { RuleStateBadge } from "./rule-state-badge.tsx";
import type { RuleState } from "./rule-states.ts";
import { RuleUses } from "./rule-uses.tsx";
import type { Uses } from "./uses.ts";

interface RuleCardProps {
  readonly placed: PlacedRule;
  readonly uses: Uses;
  readonly boards: readonly PreviewBoard[];
  readonly findings: readonly Finding[];
  readonly state: RuleState | undefined;
}

/** One rule. */
export function RuleCard({ placed, uses, boards, findings, state }: RuleCardProps): JSX.Element {
  const { name, kind, rule } = placed;
  const lasting = "alert" in rule ? rule : undefined;
  return (
    <article className="rules-card" aria-label={name}>
      <div className="rules-card-head">
        <span className={`rules-kind rules-${kind}`}>{kind === "alert" ? "alert" : "record"}</span>
        <h4>{name}</h4>
        <RuleStateBadge kind={kind} state={state} />
      </div>
      {state !== undefined && state.error !== "" && <p className="rules-error">{state.error}</p>}
      <div className="rules-card-body">
        <PromqlCode text={rule.expr} />
        <div className="rules-card-facts">
          <Facts
            facts={[
              ["For", lasting?.for ?? ""],
              ["Keeps firing for", lasting?.keep_firing_for ?? ""],
              [
                "Labels",
                Object.entries(rule.labels ?? {})
                  .map(([label, value]) => `${label}="${value}"`)
                  .join(", "),
              ],
            ]}
          />
          {lasting?.annotations !== undefined && <RuleAnnotations annotations={lasting.annotations} boards={boards} />}
          <RuleUses uses={uses} />
          {findings.length > 0 && <FindingList findings={findings} />}
        </div>
      </div>
    </article>
  );
}
