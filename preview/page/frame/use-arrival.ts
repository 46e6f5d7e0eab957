import { locationService } from "@grafana/runtime";
import { useEffect, useRef } from "react";
import { mainId } from "./main.tsx";

/**
 * Another page begins at its top, and the keyboard goes on there: what a browser does by itself where each page is
 * loaded. Going back leaves both to the browser.
 */
export function useArrival(pathname: string): void {
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current !== pathname && locationService.getHistory().action === "PUSH") {
      window.scrollTo(0, 0);
      document.getElementById(mainId)?.focus({ preventScroll: true });
    }
    before.current = pathname;
  }, [pathname]);
}
