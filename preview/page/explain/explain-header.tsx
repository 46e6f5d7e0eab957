import { IconButton } from "@grafana/ui";
import type { RefObject } from "react";

interface ExplainHeaderProps {
  readonly title: string;
  readonly heading: RefObject<HTMLHeadingElement>;
  readonly onClose: () => void;
}

/** Which panel is explained, and the way back to it. */
export function ExplainHeader({ title, heading, onClose }: ExplainHeaderProps): JSX.Element {
  return (
    <div className="explain-header">
      <h2 id="explain-title" ref={heading} tabIndex={-1}>
        <span className="explain-kicker">Explain</span> {title}
      </h2>
      <IconButton name="times" size="lg" tooltip="Close (Escape)" tooltipPlacement="left" onClick={onClose} />
    </div>
  );
}
