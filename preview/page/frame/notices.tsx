import { Alert } from "@grafana/ui";
import type { PreviewBundle } from "../../bundle.ts";

/** Why what is shown is not what the files say, or has no numbers. */
export function Notices({ bundle: { problems, data } }: { readonly bundle: PreviewBundle }): JSX.Element | null {
  return problems.length === 0 && data.kind !== "none" ? null : (
    <div className="frame-notices">
      {problems.length > 0 && (
        <Alert severity="warning" title="What is shown is not what the files say" bottomSpacing={0}>
          {/* Where a compiler points, it needs its columns. */}
          <pre className="frame-problems">{problems.join("\n")}</pre>
        </Alert>
      )}
      {data.kind === "none" && (
        <Alert severity="info" title="No server named: start with --mimir URL, or npm run demo" bottomSpacing={0} />
      )}
    </div>
  );
}
