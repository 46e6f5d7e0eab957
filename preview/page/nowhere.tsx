import { usePageTitle } from "./frame/page-title.ts";
import { PlainLink } from "./plain-link.tsx";

/** A link that leads to a page of Grafana, such as its list of alerts. */
export function Nowhere({ path }: { readonly path: string }): JSX.Element {
  usePageTitle("Grafana's own page");
  return (
    <>
      <h1 className="frame-title">This page is Grafana&apos;s own</h1>
      <p>
        In Grafana this link opens <code>{path}</code>; the preview has only the generated boards.
      </p>
      <p>
        <PlainLink href="/">All boards</PlainLink>
      </p>
    </>
  );
}
