import type { Resource, Rule } from "../../src/bundle.ts";
import { secondsOf } from "../../src/duration.ts";

const day = 86_400;

/**
 * The same rules with every length of time of a day or more divided by one factor: in `for`, ranges and offsets. Shorter ones
 * stay, since scrapes and lookback stay. So what takes a week is seen within hours.
 */
export function scaled(resources: readonly Resource[], factor: number): Resource[] {
  const shorter = (duration: string): string =>
    secondsOf(duration) < day ? duration : `${Math.round(secondsOf(duration) / factor)}s`;
  const expression = (expr: string): string =>
    expr.replaceAll(
      /(\[|offset )(\d+[smhdw])(:\d+[smhd])?/gu,
      (_, before: string, duration: string, step = "") => `${before}${shorter(duration)}${step as string}`,
    );
  const rule = (one: Rule): Rule =>
    "alert" in one && one.for !== undefined
      ? { ...one, expr: expression(one.expr), for: shorter(one.for) }
      : { ...one, expr: expression(one.expr) };
  return resources.map((resource) =>
    resource.kind === "rule-group"
      ? { ...resource, spec: { ...resource.spec, rules: resource.spec.rules.map(rule) } }
      : resource,
  );
}
