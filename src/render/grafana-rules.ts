import type { RuleGroupResource } from "../bundle.ts";
import { type GrafanaRule, type GrafanaRules, grafanaRulesOf, sharedTitles } from "../grafana-rule.ts";

/** The file of rules. */
export const alertingPath = "grafana/provisioning/alerting/fleetglass.yaml";

/** Below which keys a text is as it stands; those of an array's elements stand for each of them. */
export interface Verbatim {
  readonly [key: string]: Verbatim | true;
}

/** Where Grafana does not look for variables of its environment in a file of rules (`.Raw` in its `rules_types.go`). */
export const verbatimInRules: Verbatim = { groups: { rules: { annotations: true, data: { model: true } } } };

/**
 * Rule groups for Grafana's own evaluation, in the words of its file provisioning.
 * @throws {Error} where two groups have a rule of one title.
 */
export function grafanaRules(
  groups: readonly RuleGroupResource[],
  { organisation, folder, source }: GrafanaRules,
): object {
  const all = groups.map(({ at, spec }) => ({ spec, rules: grafanaRulesOf(at.namespace, spec, source) }));
  const [shared] = sharedTitles(all.map(({ spec, rules }) => [spec.name, rules] as const));
  if (shared) {
    throw new Error(`the rule groups ${shared.groups.join(" and ")} both have "${shared.title}": rename one`);
  }
  return {
    apiVersion: 1,
    groups: all.map(({ spec, rules }) => ({
      orgId: organisation,
      name: spec.name,
      // A path of folders: a slash in a title is none between two.
      folder: folder.title.replaceAll("/", String.raw`\/`),
      interval: spec.interval,
      rules: rules.map((rule) => inFile(rule, source)),
    })),
  };
}

function inFile({ record, alert, ...rule }: GrafanaRule, source: string): object {
  const { uid, title, data, labels } = rule;
  if (record !== undefined) {
    return { ...rule, record: { metric: record, from: "A", targetDatasourceUid: source }, ...(labels && { labels }) };
  }
  const { condition, missingSeriesEvalsToResolve, annotations, ...others } = alert ?? {};
  return {
    uid,
    title,
    condition,
    data,
    missing_series_evals_to_resolve: missingSeriesEvalsToResolve,
    ...others,
    labels,
    annotations,
  };
}
