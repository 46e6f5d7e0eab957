import type { Environment, Fleet } from "../fleet/model.ts";

/** How an alert reaches people: it wakes somebody, it becomes work of the day, it is read, or nobody is told. */
export const urgencies = ["page", "ticket", "chat", "drop"] as const;
export type Urgency = (typeof urgencies)[number];

/** How much an environment matters: production and what ranks as it, what comes before it, and all the others. */
export const tiers = ["production", "staging", "development"] as const;
export type Tier = (typeof tiers)[number];

/** What is told to people; `none` is for machines. */
export const severities = ["critical", "warning", "info"] as const;
export type Severity = (typeof severities)[number];

/** The same in business hours and outside of them. */
export interface ByTime {
  readonly inHours: Urgency;
  readonly outside: Urgency;
}

/** Total by its type: there is no severity, environment or time for which nobody decided. */
export type UrgencyPolicy = { readonly [S in Severity]: { readonly [T in Tier]: ByTime } };

const always = (urgency: Urgency): ByTime => ({ inHours: urgency, outside: urgency });
const inHours = (urgency: Urgency): ByTime => ({ inHours: urgency, outside: "drop" });

/**
 * Production wakes somebody, and nothing else does. What is dropped outside of business hours is told when they begin, if it
 * still fires: Alertmanager holds back a notification, and not the alert. Judgement.
 */
export const urgencyPolicy: UrgencyPolicy = {
  critical: { production: always("page"), staging: inHours("ticket"), development: inHours("chat") },
  warning: { production: inHours("ticket"), staging: inHours("chat"), development: inHours("chat") },
  info: { production: inHours("chat"), staging: always("drop"), development: always("drop") },
};

/** The last environment in which workloads run is production, the one before it staging, unless a fleet says what one ranks as. */
export function tierOf({ environments }: Fleet, { name, ranksAs }: Environment): Tier {
  const workloads = environments.filter(({ workload }) => workload).map((environment) => environment.name);
  const ranks = ranksAs === name ? name : ranksAs;
  const fromTop = workloads.length - 1 - workloads.indexOf(ranks);
  // What runs no workloads and ranks as nothing else is the platform itself.
  if (!workloads.includes(ranks) || fromTop === 0) return "production";
  return fromTop === 1 ? "staging" : "development";
}
