import { createHash } from 'node:crypto'

/** Calm: one column, the system's letters, colour only where somebody is needed, and never colour alone. */
export const STYLE = `
:root{color-scheme:light dark;--back:#f6f7f9;--card:#fff;--text:#1c2128;--dim:#59636e;--line:#d8dee4;--good:#1a7f37;--bad:#c62828;--warn:#8a5a00;--link:#0b57d0;--soft:#eef1f4}
@media (prefers-color-scheme:dark){:root{--back:#0e1116;--card:#161b22;--text:#e3e8ee;--dim:#9aa5b1;--line:#2d343d;--good:#56d364;--bad:#ff8b82;--warn:#e3b341;--link:#7fb2ff;--soft:#1f262e}}
*{box-sizing:border-box}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:66rem;margin:0 auto;padding:1rem;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em}
a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:.3rem}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.3rem;background:var(--card);padding:.3rem .6rem}
header{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;align-items:baseline;justify-content:space-between}
h1{font-size:1.25rem;margin:0}h2{font-size:1.05rem;margin:0 0 .6rem}h3{font-size:1rem;margin:0 0 .3rem}
nav{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;align-items:center}nav a,nav button{padding:.35rem 0}nav a[aria-current]{color:inherit;font-weight:600;text-decoration:none}
.dim{color:var(--dim)}.small{font-size:.875rem}p{margin:.3rem 0}
.verdict,.notice{font-weight:600;padding:.7rem 1rem;border-left:.35rem solid var(--good);border-radius:.4rem;background:var(--card);margin:.8rem 0}
.verdict.works{border-color:var(--good)}.verdict.needs-you{border-color:var(--warn)}.verdict.cannot-take{border-color:var(--bad)}.notice{border-color:var(--link)}.notice.no{border-color:var(--bad)}
section{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem;margin:.8rem 0}
.one{padding:.7rem 0;border-top:1px solid var(--line)}.one:first-of-type{border-top:0;padding-top:0}.one:last-child{padding-bottom:0}
.ok{color:var(--good)}.bad,.failed,.error,.fatal{color:var(--bad);font-weight:600}.warn,.degraded{color:var(--warn);font-weight:600}
.fine{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:0}
.ids{list-style:none;padding:0;margin:.3rem 0}.ids li{padding:.1rem 0}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .8rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
thead th{color:var(--dim);font-size:.875rem}tbody tr:last-child>*{border-bottom:0}tbody th{font-weight:600}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.n.bad{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:0}dt{color:var(--dim)}dd{margin:0;min-width:0}
code{font:.9em ui-monospace,monospace;background:var(--soft);padding:.05em .3em;border-radius:.25rem}
form{margin:0}.acts{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.6rem;align-items:flex-start}
button,input{font:inherit;color:inherit}
button{min-height:2.5rem;padding:.35rem .9rem;border:1px solid var(--line);border-radius:.4rem;background:var(--soft);cursor:pointer}button:hover{border-color:var(--dim)}
button.plain{border:0;background:none;min-height:0;padding:.35rem 0;color:var(--link);text-decoration:underline;text-underline-offset:.15em}
button.danger{color:var(--bad);border-color:var(--bad)}
input{width:100%;max-width:28rem;min-height:2.5rem;padding:.35rem .6rem;border:1px solid var(--dim);border-radius:.4rem;background:var(--back)}
label{display:block;margin-bottom:.3rem}.ask{display:flex;flex-wrap:wrap;gap:.5rem}
summary{cursor:pointer;min-height:2.5rem;padding:.45rem .2rem;color:var(--dim)}details[open] summary{margin-bottom:.4rem}
footer{margin:1.2rem 0}
@media (max-width:44rem){body{padding:.7rem}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.45rem}
table,tbody,tr,td,tbody th{display:block}thead{position:absolute;left:-99rem}
tr{padding:.6rem 0;border-bottom:1px solid var(--line)}tbody tr:last-child{border-bottom:0;padding-bottom:0}td,tbody th{border:0;padding:.05rem 0}
td:empty{display:none}td[data-label]{display:flex;justify-content:space-between;gap:1rem;text-align:right}td[data-label]::before{content:attr(data-label);color:var(--dim);text-align:left;flex:none}td.zero{display:none}}`

/** No script, nothing from elsewhere: only this one style sheet, and forms to where the page is from. */
export const PAGE_CSP = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`
