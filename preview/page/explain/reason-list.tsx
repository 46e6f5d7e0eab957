import { Icon } from "@grafana/ui";
import { Prose } from "../prose.tsx";
import type { Reason } from "./reason.ts";

/** Reasons, and below each what is behind it. */
export function ReasonList({ reasons }: { readonly reasons: readonly Reason[] }): JSX.Element {
  return (
    <ul className="explain-reasons">
      {reasons.map(({ text, fine = false, inner = [] }) => (
        <li key={text}>
          <span className={fine ? "explain-fine" : "explain-wrong"}>
            <Icon
              name={fine ? "check-circle" : "exclamation-triangle"}
              title={fine ? "As it should be" : "Look here"}
            />
          </span>
          <div>
            <Prose text={text} />
            {inner.length > 0 && <ReasonList reasons={inner} />}
          </div>
        </li>
      ))}
    </ul>
  );
}
