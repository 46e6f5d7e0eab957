import { ClipboardButton } from "@grafana/ui";
import type { Panel } from "../scene/dashboard.ts";

interface PanelSourceProps {
  readonly json: Panel;
  /** Which file of ours made the board. */
  readonly origin: string;
}

/** The panel as it is in the dashboard's file. */
export function PanelSource({ json, origin }: PanelSourceProps): JSX.Element {
  const text = JSON.stringify(json, null, 2);
  return (
    <section aria-label="JSON">
      <div className="explain-bar">
        <h3>JSON</h3>
        <span className="explain-quiet">
          made by <code>{origin}</code>
        </span>
        <ClipboardButton
          size="sm"
          variant="secondary"
          fill="text"
          icon="copy"
          aria-label="Copy JSON"
          getText={() => text}
        >
          Copy
        </ClipboardButton>
      </div>
      <details>
        <summary>{`${text.split("\n").length} lines`}</summary>
        <pre className="explain-code" tabIndex={0} role="group" aria-label="JSON of the panel">
          {text}
        </pre>
      </details>
    </section>
  );
}
