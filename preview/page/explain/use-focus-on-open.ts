import { type RefObject, useEffect, useRef } from "react";

/** What opens an explanation. */
const openers = ".explain-button, .no-data-why";

/** The keyboard goes to the heading that it has opened; it stays where it is when a link opened the whole view. */
export function useFocusOnOpen(id: string): RefObject<HTMLHeadingElement> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (document.activeElement?.matches(openers) === true) {
      heading.current?.focus({ preventScroll: true });
      heading.current?.closest("aside")?.scrollTo(0, 0);
    }
  }, [id]);
  return heading;
}
