import { Icon } from "@grafana/ui";
import type { Finding } from "../../src/lint/check.ts";
import "./finding-list.css";
import { Prose } from "./prose.tsx";

/** What lint has found, one a line. */
export function FindingList({ findings }: { readonly findings: readonly Finding[] }): JSX.Element {
  return (
    <ul className="findings">
      {findings.map(({ check, where, message }) => (
        <li key={check + where + message}>
          <Icon name="exclamation-triangle" className="findings-icon" />
          <span>
            <strong>{check}</strong> {where}: <Prose text={message} />
          </span>
        </li>
      ))}
    </ul>
  );
}
