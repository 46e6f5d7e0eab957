import { locationService } from "@grafana/runtime";
import { useLocation } from "react-router-dom";

/** A value of the view's address, such as `explain` of `?explain=4`; empty where it has none. */
export function useParameter(name: string): string {
  return new URLSearchParams(useLocation().search).get(name) ?? "";
}

interface Changing {
  /** Leave no step for the browser's Back, as with every letter that is typed. */
  readonly silently?: boolean;
}

/** Changes values of the address and keeps the others; an empty value is left out. */
export function changeParameters(values: Readonly<Record<string, string>>, { silently = false }: Changing = {}): void {
  const query = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value === "" ? null : value]));
  locationService.partial(query, silently);
}
