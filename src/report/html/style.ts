/**
 * The page's own style. Colours are variables: light by default and in print, dark where the reader's system is. Text and
 * its background differ by 4.5 to 1 at least, lines by 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11).
 */
const LIGHT = `--paper:#fff;--ink:#1a1f26;--faint:#57606a;--rule:#d0d7de;--zebra:#f6f8fa;--link:#0550ae;
--pass:#116329;--pass-paper:#dafbe1;--fail:#a40e26;--fail-paper:#ffebe9;--inconclusive:#7a4b00;--inconclusive-paper:#fff3cd;
--invalid:#6639a6;--invalid-paper:#f3e8ff;--caution:#7a4b00;
--p50:#0a66ad;--p95:#b04a00;--p99:#7d2f96;--other:#0a7c66;--failed:#c01630;--plan:#6b7480;--limit:#c01630;
--grid:#e4e8ed;--band:#eef2f7;--warmup:#f7f3e6;--cursor:#1a1f26;`;
const DARK = `--paper:#0f141a;--ink:#e6edf3;--faint:#a2acb7;--rule:#343c46;--zebra:#161c24;--link:#79b8ff;
--pass:#6fdd8b;--pass-paper:#12301c;--fail:#ff9a92;--fail-paper:#431519;--inconclusive:#f2cc60;--inconclusive-paper:#3a2c08;
--invalid:#d2b3ff;--invalid-paper:#2e1d4a;--caution:#f2cc60;
--p50:#6cb6ff;--p95:#f0a35e;--p99:#dc9bee;--other:#4fd1b3;--failed:#ff7b86;--plan:#a2acb7;--limit:#ff7b86;
--grid:#232b35;--band:#18202a;--warmup:#241f12;--cursor:#e6edf3;`;

const TEXT = `
*{box-sizing:border-box}
html{color-scheme:light dark;-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:76rem;padding:1rem clamp(.75rem,3vw,2rem) 4rem;background:var(--paper);color:var(--ink);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:break-word}
h1{font-size:1.75rem;line-height:1.2;margin:.5rem 0}
h2{font-size:1.3rem;margin:2.25rem 0 .5rem}
h3{font-size:1.15rem;margin:0 0 .25rem}
h4{font-size:1rem;margin:0;display:inline}
p{margin:.5rem 0}
a{color:var(--link)}
code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.9em;overflow-wrap:anywhere}
small,.unit,.facts,.summary,.notes,.readout{font-size:.85rem}
small,.unit,.facts,.summary,.notes,.hint,.where,caption{color:var(--faint)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-100vw}
.skip:focus{position:static}
.nowrap{white-space:nowrap}
.description{white-space:pre-line;max-width:70ch}
nav{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;border-bottom:1px solid var(--rule);padding:.5rem 0}
nav a{padding:.2rem 0}
.badge{display:inline-block;border:1px solid currentColor;border-radius:.4rem;padding:0 .45em;font-size:.85em;font-weight:600;white-space:nowrap}
h1 .badge{font-size:.7em;vertical-align:.15em}
.badge.pass{color:var(--pass);background:var(--pass-paper)}
.badge.fail{color:var(--fail);background:var(--fail-paper)}
.badge.inconclusive{color:var(--inconclusive);background:var(--inconclusive-paper)}
.badge.invalid{color:var(--invalid);background:var(--invalid-paper)}
.verdict{border-left:.4rem solid var(--rule);padding:.1rem 0 .1rem 1rem;margin-top:1.25rem}
.verdict>h2{margin-top:.25rem}
.verdict.pass{border-color:var(--pass)}
.verdict.fail{border-color:var(--fail)}
.verdict.inconclusive{border-color:var(--inconclusive)}
.verdict.invalid{border-color:var(--invalid)}
.reasons{list-style:none;margin:.5rem 0;padding:0}
.reasons>li{border-left:.25rem solid var(--rule);padding:.15rem 0 .15rem .75rem;margin:.6rem 0;max-width:90ch}
.reasons>li.fail{border-color:var(--fail)}
.reasons>li.invalid{border-color:var(--invalid)}
.reasons>li.inconclusive,.reasons>li.caution{border-color:var(--caution)}
.reasons strong{text-transform:capitalize}
.hint::before{content:"→ "}
summary{cursor:pointer;padding:.3rem 0}
svg.tax .session{fill:var(--p50)}svg.tax .pool{fill:var(--p95)}svg.tax .protocol{fill:var(--p99)}
.worst{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.75rem;margin:.75rem 0}
.worst>div{border:1px solid var(--rule);border-radius:.5rem;padding:.5rem .75rem}
.worst dt{font-size:.85rem;color:var(--faint)}
.worst dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums}
.worst small{font-size:.8rem}
dd{margin:0 0 .75rem 0;max-width:80ch}
dt{font-weight:600}
.worst dt{font-weight:400}
.cell{border-top:2px solid var(--rule);margin-top:2.5rem;padding-top:1.25rem}
.notes{margin:.25rem 0 1rem;padding-left:1.2rem}
.notice{border:1px solid var(--rule);padding:.5rem .75rem}
.digest{overflow-wrap:anywhere}
`;

const TABLES = `
.scroll{position:relative;overflow-x:auto;margin:.75rem 0;max-width:100%}
table{border-collapse:collapse;min-width:min(100%,30rem);font-variant-numeric:tabular-nums;font-size:.9rem}
caption{text-align:left;padding:.25rem 0;font-size:.9rem}
th,td{padding:.3rem .5rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{border-bottom:2px solid var(--rule);font-weight:600;white-space:nowrap}
tbody th{font-weight:500}
tbody th code{white-space:nowrap}
tbody tr:nth-child(even)>*{background:var(--zebra)}
.figure{text-align:right;white-space:nowrap}
.prose{min-width:11rem}
td small{font-size:.8rem}
.message{display:inline-block;max-width:40rem;overflow-wrap:anywhere}
.digest code,code.digest{font-size:.78rem}
`;

const CHARTS = `
figure{margin:0 0 .75rem}
figcaption{font-size:.9rem;display:flex;flex-wrap:wrap;gap:.1rem .75rem;align-items:center}
.charts{display:none}
.scripted .charts{display:block;margin-top:1rem}
.scripted .unscripted{display:none}
.controls{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem;align-items:center;margin:.5rem 0;font-size:.9rem}
select,button{font:inherit;color:inherit;background:var(--zebra);border:1px solid var(--faint);border-radius:.35rem;padding:.15rem .5rem}
.stack{border-radius:.25rem}
.plot{position:relative;min-height:6.5rem}
.plot.response{min-height:15rem}
.plot.distribution{min-height:18rem}
.plot.rates{min-height:8.5rem}
.summary{margin:0 0 .5rem}
.empty .plot{display:none}
.readout{font-variant-numeric:tabular-nums;min-height:1.5em}
.charts>.readout{position:sticky;top:0;z-index:2;min-height:3.1em;margin:0;padding:.2rem 0;background:var(--paper)}
.key{display:inline-flex;flex-wrap:wrap;gap:.25rem .75rem}
.key button{background:none;border-color:transparent;padding:.15rem .3rem;font-size:.85rem}
.key button:hover{border-color:var(--faint)}
.key button[aria-pressed=false]{text-decoration:line-through;color:var(--faint)}
svg.line line{stroke-width:2.5;stroke:var(--p50)}
svg.line.p95 line,svg.line.service line,svg.line.steal line,svg.line.gpuTensor line{stroke:var(--p95)}
svg.line.p99 line,svg.line.throttled line,svg.line.gpuDram line{stroke:var(--p99)}
svg.line.achieved line,svg.line.wait line,svg.line.core line,svg.line.gpuUtilization line{stroke:var(--other)}
svg.line.offered line,svg.line.pressureCpu line{stroke:var(--plan);stroke-dasharray:5 3}
svg.line.started line{stroke:var(--p50)}
svg.line.p95 line,svg.line.service line,svg.line.gpuTensor line{stroke-dasharray:9 2}
svg.line.p99 line,svg.line.wait line,svg.line.throttled line,svg.line.gpuDram line{stroke-dasharray:3 2}
.level{vertical-align:-1px;stroke-width:1.6}
.level.plan{stroke:var(--plan);fill:var(--plan)}
.level.other{stroke:var(--other);fill:var(--other)}
.level.p50{stroke:var(--p50);fill:var(--p50)}
.level.p99{stroke:var(--p99);fill:var(--p99)}
.u-select{background:color-mix(in srgb,var(--link) 20%,transparent)}
.comparison svg[role=img]{display:block;overflow:visible}
.comparison text{fill:var(--ink);font-size:12.5px}
.comparison .tick{fill:var(--faint);text-anchor:middle;font-size:11px}
.comparison .grid{stroke:var(--grid)}
.comparison .p50{stroke:var(--p50);fill:var(--p50)}
.comparison .p95{stroke:var(--p95);fill:var(--p95)}
.comparison .p99{stroke:var(--p99);fill:var(--p99)}
.comparison g line{stroke-width:2}
.comparison .open{stroke-dasharray:2 3}
.comparison .beyond{stroke:none;text-anchor:end;font-size:16px;fill:inherit}
.comparison g .limit{stroke:var(--limit);stroke-width:2}
.comparison .key .limit line{stroke:var(--limit);stroke-width:2}
.comparison .key>span{white-space:nowrap}
`;

const PRINT = `
@media print{
html{color-scheme:light;font-size:12px}
body{max-width:none;padding:0}
nav,.skip,.controls,.readout,.back,.charts select,.charts figcaption label{display:none}
h2,h3,h4,caption,figcaption{break-after:avoid}
figure,tr,.reasons>li{break-inside:avoid}
.scroll{overflow:visible}
table{font-size:.85rem;width:100%}
th,td{padding:.15rem .3rem}
.figure,thead th,td small{white-space:normal}
a{color:inherit;text-decoration:none}
.key button{border:0}
}
@media (max-width:30rem){h1{font-size:1.4rem}th,td{padding:.3rem .4rem}}
`;

export const PAGE_STYLE = `:root{${LIGHT}}
@media screen and (prefers-color-scheme:dark){:root:not([data-printing]){${DARK}}}
${TEXT}${TABLES}${CHARTS}${PRINT}`;
