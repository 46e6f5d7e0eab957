import { readFileSync } from "node:fs";
import { lintFiles } from "/work/wt/lint/dist/lint/index.js";
import { parseAllDocuments, LineCounter, Parser, Composer } from "yaml";
const text = readFileSync("/tmp/rules.yaml","utf8");
function cpu(name, work){ const b=process.cpuUsage(); const w=performance.now(); const r=work(); const {user,system}=process.cpuUsage(b); console.log(name.padEnd(12), ((user+system)/1e6).toFixed(2), "wall", ((performance.now()-w)/1e3).toFixed(2)); return r; }
if (process.argv[2]) { const lc=new LineCounter(); const d=cpu("yaml parse", ()=>parseAllDocuments(text,{lineCounter:lc})); cpu("toJS", ()=>d[0].toJS()); }
else { const r = cpu("lintFiles", ()=>lintFiles([{file:"rules.yaml",text}])); console.log(r.findings.length); }
