import { isBoardResource, type Resource, resourceId } from "../bundle.ts";
import type { ExpressionReader } from "./expressions.ts";
import { readBoard } from "./input/boards.ts";
import type { Parts } from "./input/files.ts";
import { readGroups } from "./input/groups.ts";
import type { Json } from "./input/json.ts";
import type { Path } from "./subject.ts";

/** What there is to lint in a bundle. */
export function partsOfBundle(resources: readonly Resource[], reader: ExpressionReader): Parts {
  const parts: Parts = { groups: [], boards: [], dataSources: [], routings: [], broken: [] };
  for (const item of resources) {
    const resource = resourceId(item);
    const allow = item.allow ?? [];
    switch (item.kind) {
      case "rule-group": {
        const { groups, broken } = readGroups([item.spec], {
          resource,
          path: [],
          reader,
          language: item.at.system === "loki" ? "logql" : "promql",
          tenant: item.at.tenant,
          ...(allow.length > 0 && {
            allowed: (path: Path) => {
              const rule = path.length > 1 ? item.spec.rules[Number(path.at(-1))] : undefined;
              const name = rule === undefined ? undefined : "record" in rule ? rule.record : rule.alert;
              return allow.filter(({ where }) => where === name);
            },
          }),
        });
        parts.groups.push(...groups);
        parts.broken.push(...broken);
        break;
      }
      case "dashboard": {
        const { dashboard } = item.spec;
        parts.boards.push(
          readBoard((isBoardResource(dashboard) ? dashboard.spec : dashboard) as unknown as Json, {
            resource,
            path: [],
            reader,
            uid: item.id,
            allow: allow.filter(({ where }) => where === undefined),
            allowed: (title) => allow.filter(({ where }) => where !== undefined && where === title),
          }),
        );
        break;
      }
      case "datasource": {
        const { uid, name, type, secureJsonData } = item.spec;
        const tenants: unknown = secureJsonData?.["httpHeaderValue1"];
        parts.dataSources.push({
          resource,
          where: `data source ${name}`,
          path: [],
          allow,
          uid,
          name,
          type,
          ...(typeof tenants === "string" && { tenants: tenants.split("|") }),
        });
        break;
      }
      default:
    }
  }
  return parts;
}
