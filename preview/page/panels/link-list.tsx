import type { LinkModel } from "@grafana/data";
import { PlainLink } from "../plain-link.tsx";

/** The data links of what was chosen, one a line. */
export function LinkList({ links }: { readonly links: readonly LinkModel[] }): JSX.Element | null {
  return links.length === 0 ? null : (
    <div style={{ display: "grid", gap: 4, marginTop: 8 }}>
      {links.map(({ title, href, target }) => (
        <PlainLink key={href} href={href} target={target === "_blank" ? target : undefined}>
          {title}
        </PlainLink>
      ))}
    </div>
  );
}
