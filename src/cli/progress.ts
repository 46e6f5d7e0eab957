import { SingleBar } from "cli-progress";
import type { World } from "./run.ts";

/** Long work as it gets on. */
export interface Progress {
  /** From 0 to 1; `count` is shown beside it: `12/80`. */
  readonly at: (share: number, count?: string) => void;
  /** Takes the bar away. */
  readonly end: () => void;
}

/** A bar where a person watches; each quarter as a line where the output goes into a file or a pipe. */
export function progress(what: string, tell: World["tell"]): Progress {
  if (process.stderr.isTTY && process.env["CI"] !== "true") return bar(what);
  tell(what);
  let said = 0;
  return {
    at(share, count) {
      const quarter = Math.floor(share * 4);
      if (quarter > said) tell(`  ${quarter * 25} %${count === undefined ? "" : ` (${count})`}`);
      said = Math.max(said, quarter);
    },
    end: () => undefined,
  };
}

function bar(what: string): Progress {
  const drawn = new SingleBar({
    stream: process.stderr,
    format: `${what} {bar} {percentage} % {count}· {eta_formatted} left`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 30,
    hideCursor: true,
    clearOnComplete: true,
  });
  drawn.start(1000, 0, { count: "" });
  return {
    at: (share, count) => drawn.update(Math.round(share * 1000), { count: count === undefined ? "" : `(${count}) ` }),
    end: () => drawn.stop(),
  };
}
