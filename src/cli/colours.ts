import pc from "picocolors";

/** Colours on a terminal only, whatever CI is running: a log or a file gets plain text. NO_COLOR and FORCE_COLOR decide before. */
const wanted =
  (process.env["NO_COLOR"] ?? "") === "" && ((process.env["FORCE_COLOR"] ?? "") !== "" || process.stdout.isTTY);

export const colours: ReturnType<typeof pc.createColors> = pc.createColors(wanted);
