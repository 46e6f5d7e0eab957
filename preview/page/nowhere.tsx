import { Alert } from "@grafana/ui";
import { PlainLink } from "./plain-link.tsx";

/** A link that leads to a page of Grafana, such as its list of alerts. */
export function Nowhere({ path }: { readonly path: string }): JSX.Element {
  return (
    <Alert severity="info" title="This page is Grafana's own">
      <p>
        In Grafana this link opens <code>{path}</code>; the preview has only the generated boards.
      </p>
      <PlainLink href="/">All boards</PlainLink>
    </Alert>
  );
}
