// The types of React 18 keep JSX to themselves; every component here returns it.
import type { JSX as ReactJsx } from "react";

declare global {
  namespace JSX {
    type Element = ReactJsx.Element;
  }
}
