import { PlainLink } from "../plain-link.tsx";
import { counted } from "../numbers.ts";
import type { Uses } from "./uses.ts";

/** Where a rule's series or alert is shown, and which rules read it. */
export function RuleUses({ uses: { panels, rules } }: { readonly uses: Uses }): JSX.Element | null {
  return panels.length + rules.length === 0 ? null : (
    <div className="rules-uses">
      {panels.length > 0 && (
        <details>
          <summary>{`In ${counted(panels.length, "panel")}`}</summary>
          <ul>
            {panels.map(({ board, panel }) => (
              <li key={`${board.uid} ${panel.id}`}>
                <PlainLink href={`/d/${board.uid}?explain=${panel.id}`}>
                  {`${board.folder} › ${board.title} › ${panel.title ?? ""}`}
                </PlainLink>
              </li>
            ))}
          </ul>
        </details>
      )}
      {rules.length > 0 && (
        <details>
          <summary>{`Read by ${counted(rules.length, "rule")}`}</summary>
          <ul>
            {rules.map((name) => (
              <li key={name}>
                <PlainLink href={`/rules?q=${encodeURIComponent(name)}`}>{name}</PlainLink>
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
