import { secondsOf } from "../duration.ts";
import type { Rule, RuleGroup } from "../rule-group.ts";
import { type Block, hcl, is } from "./hcl.ts";
import { resource } from "./model.ts";
import { required, variable } from "./module.ts";

/** A text and its path in the output folder. */
type File = readonly [path: string, text: string];

const folder = "terraform/prometheus-rule-groups";

/**
 * A tenant's groups for Azure Managed Prometheus, which takes rules through Azure's resource manager only. What is lost there:
 * `keep_firing_for` is the time after which an alert resolves, and severities are numbers. Who is told is Azure's: its alert
 * processing rules send by these.
 */
export function azureRules(namespace: string, tenant: string, groups: readonly RuleGroup[]): File[] {
  return [
    [`${folder}/main.tf`, hcl(common)],
    [`${folder}/${tenant}.tf`, hcl(groups.map((group) => ruleGroup(namespace, group)))],
  ];
}

const common: readonly Block[] = [
  required(["azurerm"]),
  variable("location", "string", "Azure's name of the workspace's region."),
  variable("resource_group_name", "string", "Where the groups are kept."),
  variable("monitor_workspace_id", "string", "The Azure Monitor workspace that holds the metrics."),
];

function ruleGroup(namespace: string, { name, interval, rules }: RuleGroup): Block {
  return resource("azurerm_monitor_alert_prometheus_rule_group", name.replaceAll(/[^\w-]/gu, "_"), {
    name: `${namespace}-${name}`,
    location: is("var.location"),
    resource_group_name: is("var.resource_group_name"),
    scopes: [is("var.monitor_workspace_id")],
    interval: iso(interval),
    rule: rules.map(ruleOf),
  });
}

/** Azure's numbers: 0 is critical, 2 a warning, 3 information. */
const severities: Readonly<Record<string, number>> = { critical: 0, error: 1, warning: 2, info: 3 };

function ruleOf(rule: Rule) {
  const { expr: expression, labels = {} } = rule;
  if ("record" in rule) return { record: rule.record, expression, labels };
  const { alert, for: lasting, keep_firing_for: kept, annotations = {} } = rule;
  return {
    alert,
    expression,
    ...(lasting !== undefined && { for: iso(lasting) }),
    severity: severities[labels["severity"] ?? ""] ?? 3,
    labels,
    annotations,
    alert_resolution: { auto_resolved: true, ...(kept !== undefined && { time_to_resolve: iso(kept) }) },
  };
}

/** `5m` is `PT5M`. */
function iso(duration: string): string {
  const seconds = secondsOf(duration);
  return seconds % 60 === 0 ? `PT${seconds / 60}M` : `PT${seconds}S`;
}
