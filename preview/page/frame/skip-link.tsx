import type { MouseEvent } from "react";
import { mainId } from "./main.tsx";

/** Shown when it has the focus: the first step of the keyboard leads past the header. */
export function SkipLink(): JSX.Element {
  return (
    <a className="frame-skip" href={`#${mainId}`} onClick={toMain}>
      Skip to content
    </a>
  );
}

function toMain(event: MouseEvent): void {
  // The address is the view's, and a view has no places.
  event.preventDefault();
  document.getElementById(mainId)?.focus();
}
