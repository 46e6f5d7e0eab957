import type { PreviewBundle } from "../../bundle.ts";
import { busy } from "../source/busy.ts";

/** What the server has to show now. */
export function fetchBundle(): Promise<PreviewBundle> {
  return busy(async () => {
    const response = await fetch("/bundle.json");
    if (!response.ok) {
      throw new Error(`/bundle.json: ${response.status} ${await response.text()}`);
    }
    return (await response.json()) as PreviewBundle;
  });
}
