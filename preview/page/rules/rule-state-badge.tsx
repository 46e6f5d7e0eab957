import { Icon, type IconName } from "@grafana/ui";
import { dateTimeFormat } from "@grafana/data";
import type { PlacedRule } from "./rule-index.ts";
import type { RuleState } from "./rule-states.ts";

interface RuleStateBadgeProps {
  readonly kind: PlacedRule["kind"];
  /** Undefined where nobody says. */
  readonly state: RuleState | undefined;
}

interface Look {
  readonly text: string;
  readonly icon: IconName;
  readonly tone: "good" | "warning" | "bad" | "quiet";
}

/** Does a rule work, and does an alert fire? */
export function RuleStateBadge({ kind, state }: RuleStateBadgeProps): JSX.Element | null {
  if (state === undefined) {
    return null;
  }
  const { text, icon, tone } = lookOf(kind, state);
  return (
    <span
      className={`rules-state rules-${tone}`}
      {...(state.evaluated !== "" && { title: `evaluated ${dateTimeFormat(state.evaluated)}` })}
    >
      <Icon name={icon} size="sm" aria-hidden="true" />
      {text}
    </span>
  );
}

function lookOf(kind: PlacedRule["kind"], { health, state, alerts }: RuleState): Look {
  if (health === "err") {
    return { text: "fails", icon: "exclamation-circle", tone: "bad" };
  }
  if (state === "firing") {
    return { text: `firing ${alerts}`, icon: "fire", tone: "bad" };
  }
  if (state === "pending") {
    return { text: `pending ${alerts}`, icon: "clock-nine", tone: "warning" };
  }
  if (health === "unknown") {
    return { text: "not evaluated yet", icon: "clock-nine", tone: "quiet" };
  }
  return { text: kind === "alert" ? "not firing" : "ok", icon: "check", tone: "good" };
}
