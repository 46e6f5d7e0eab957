import { useTheme2 } from "@grafana/ui";
import type { ReactNode } from "react";

interface PlainLinkProps {
  readonly href: string;
  readonly target?: "_blank" | undefined;
  readonly children: ReactNode;
}

/** A link in Grafana's colour; Grafana's own component brings a router of its own that nobody here has started. */
export function PlainLink({ href, target, children }: PlainLinkProps): JSX.Element {
  const { colors } = useTheme2();
  return (
    <a href={href} style={{ color: colors.text.link }} {...(target && { target, rel: "noreferrer" })}>
      {children}
    </a>
  );
}
