import { Button } from "@grafana/ui";
import { useMemo, useState } from "react";
import type { PreviewBundle } from "../../bundle.ts";
import { useParameter } from "../address.ts";
import { usePageTitle } from "../frame/page-title.ts";
import { counted } from "../numbers.ts";
import { type PlacedRule, placedRules } from "./rule-index.ts";
import { RuleFilters } from "./rule-filters.tsx";
import "./rules.css";
import { TenantRules } from "./tenant-rules.tsx";
import { usesOf } from "./uses.ts";
import { useRuleStates } from "./use-rule-states.ts";
import { grouped } from "../grouped.ts";

/** So many are drawn at first, and more on demand: each has an expression to colour. */
const step = 50;

/** Every rule of every tenant: what it says, who uses it, and what its ruler says of it. */
export function RulesPage({ bundle }: { readonly bundle: PreviewBundle }): JSX.Element {
  usePageTitle("Rules");
  const [text, kind, tenant] = [useParameter("q"), useParameter("kind"), useParameter("tenant")];
  const placed = useMemo(() => placedRules(bundle.rules), [bundle.rules]);
  const uses = useMemo(() => usesOf(bundle.boards, placed), [bundle.boards, placed]);
  const found = useMemo(
    () =>
      placed.filter(
        (rule) =>
          (kind === "" || rule.kind === kind) && (tenant === "" || rule.home.tenant === tenant) && matches(rule, text),
      ),
    [placed, kind, tenant, text],
  );
  const asking = `${text} ${kind} ${tenant}`;
  const [drawn, draw] = useState({ asking, count: step });
  const count = drawn.asking === asking ? drawn.count : step;
  const shown = found.slice(0, count);
  const live = bundle.data.kind === "live";
  const rulers = useRuleStates(live ? rulersOf(shown) : []);
  const tenants = grouped(shown, ({ home }) => home.tenant);
  const groups = new Set(found.map(({ home }) => home));
  return (
    <>
      <h1 className="frame-title">Rules</h1>
      <RuleFilters tenants={bundle.fleet.tenants.map(({ id }) => id)} />
      <p role="status" className="rules-quiet">
        {`${counted(found.length, "rule")} in ${counted(groups.size, "group")}`}
        {!live && "; whether they work is known only where a server is named"}
      </p>
      {[...tenants].map(([id, rules]) => (
        <TenantRules key={id} tenant={id} rules={rules} bundle={bundle} uses={uses} {...(live && { rulers })} />
      ))}
      {found.length > count && (
        <div>
          <Button variant="secondary" onClick={() => draw({ asking, count: count + step })}>
            {`Show ${Math.min(step, found.length - count)} more of ${found.length - count}`}
          </Button>
        </div>
      )}
    </>
  );
}

/** Every word must be somewhere in the rule. */
function matches({ name, rule, home }: PlacedRule, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/u);
  const all = [
    name,
    rule.expr,
    home.group.name,
    home.origin,
    ...Object.values(rule.labels ?? {}),
    ...("annotations" in rule ? Object.values(rule.annotations ?? {}) : []),
  ];
  const said = all.join(" ").toLowerCase();
  return words.every((word) => said.includes(word));
}

function rulersOf(rules: readonly PlacedRule[]): string[] {
  return [...new Set(rules.flatMap(({ home }) => home.source ?? []))];
}
