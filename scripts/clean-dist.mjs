// tsc never removes what it wrote for a deleted source file, and `npm pack` would ship it.
import { rmSync } from "node:fs";

rmSync("dist", { recursive: true, force: true });
