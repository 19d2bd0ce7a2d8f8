import type { Palette } from '../look/colour.ts'

/** The page's looks: one column, from a telephone to paper. */
export const styleOf = (palette: Palette): string => `
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #${palette.body}; font: 1.0625rem/1.6 "Source Sans 3", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; -webkit-text-size-adjust: 100%; overflow-wrap: break-word; }
main, header, footer { max-width: 47rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: clamp(2.25rem, 7vw, 5rem); }
.eyebrow { margin: 0 0 .5rem; font-size: .875rem; font-weight: 700; letter-spacing: .06em; text-transform: uppercase; color: #${palette.accentText}; }
h1 { margin: 0; font-size: clamp(1.875rem, 1.3rem + 2.4vw, 2.75rem); line-height: 1.15; letter-spacing: -.015em; text-wrap: balance; }
.date { margin: .75rem 0 0; color: #${palette.quiet}; }
.line { height: 3px; margin: 1.5rem 0 2rem; background: #${palette.accent}; }
h1, h2, h3, h4 { color: #${palette.primaryText}; }
h2, h3, h4, h5, h6 { line-height: 1.3; text-wrap: balance; break-after: avoid; }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.5rem; }
h3 { margin: 2rem 0 .5rem; font-size: 1.25rem; }
h4 { margin: 1.5rem 0 .5rem; font-size: 1.0625rem; }
h5, h6 { margin: 1.5rem 0 .5rem; font-size: 1rem; color: #${palette.quiet}; }
main > :first-child { margin-top: 0; }
p, ul, ol, blockquote, pre, .wide, figure { margin: 0 0 1rem; }
ul, ol { padding-inline-start: 1.5rem; }
li { margin: .25rem 0; }
li > ul, li > ol, li > p:last-child { margin-bottom: .25rem; }
ul > li::marker { color: #${palette.accentText}; }
ul ul { list-style-type: "–  "; }
ol ol { list-style-type: lower-alpha; }
ol ol ol { list-style-type: lower-roman; }
ol > li::marker { color: #${palette.primaryText}; font-variant-numeric: tabular-nums; }
li.task { list-style: none; margin-inline-start: -1.5rem; padding-inline-start: 1.5rem; }
.box { display: inline-block; width: 1.5rem; margin-inline-start: -1.5rem; color: #${palette.accentText}; }
a { color: #${palette.primaryText}; text-underline-offset: .15em; text-decoration-thickness: .07em; }
a:hover { text-decoration-thickness: .14em; }
:focus-visible { outline: 2px solid #${palette.primaryText}; outline-offset: 2px; }
blockquote { padding: .125rem 0 .125rem 1.25rem; border-inline-start: 3px solid #${palette.accent}; color: #404040; font-style: italic; }
blockquote > :last-child { margin-bottom: 0; }
code { padding: .1em .3em; border-radius: 3px; background: #f1f2f4; font: .875em/1.5 ui-monospace, "SF Mono", "Cascadia Mono", Consolas, "Liberation Mono", Menlo, monospace; }
pre { padding: 1rem 1.125rem; overflow-x: auto; background: #${palette.wash}; }
pre code { padding: 0; background: none; }
hr { height: 1px; margin: 2rem 0; border: 0; background: #${palette.rule}; }
.wide { overflow-x: auto; margin: 1.5rem 0; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; line-height: 1.45; border-bottom: 2px solid #${palette.primary}; }
th, td { padding: .5rem .75rem; text-align: start; vertical-align: top; overflow-wrap: normal; }
th { vertical-align: bottom; background: #${palette.primary}; color: #${palette.onPrimary}; }
th code, th a { color: inherit; background: none; }
td { border-top: 1px solid #${palette.rule}; }
thead + tbody > tr:first-child td { border-top: 0; }
.right { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
th.right { white-space: normal; }
.center { text-align: center; }
figure { margin: 1.75rem 0; break-inside: avoid; }
figcaption { margin-bottom: .75rem; font-weight: 700; color: #${palette.primaryText}; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
svg.small { display: none; }
footer { display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin-top: 3rem; padding-top: 1rem; padding-bottom: 2.5rem; font-size: .875rem; color: #${palette.quiet}; }
footer::before { content: ""; flex: 0 0 100%; height: 1px; margin-bottom: .75rem; background: #${palette.rule}; }
.label { font-style: italic; }
@media screen and (max-width: 36rem) {
  body { font-size: 1rem; }
  h2 { font-size: 1.375rem; }
  table { font-size: .875rem; }
  th, td { padding: .5rem; }
  .long { min-width: 11rem; }
  svg.large { display: none; }
  svg.small { display: block; }
}
@page { size: A4; margin: 22mm 20mm; }
@media print {
  body { font-size: 10.5pt; }
  main, header, footer { max-width: none; padding: 0; }
  h1 { font-size: 25pt; }
  h2 { font-size: 16pt; }
  h3 { font-size: 13pt; }
  h4, h5, h6 { font-size: 11pt; }
  p { orphans: 2; widows: 2; }
  table { font-size: 9.5pt; }
  th, td { padding: 4pt 6pt; }
  tr, li, blockquote, pre, .short { break-inside: avoid; }
  pre { white-space: pre-wrap; }
  .wide { overflow: visible; }
  th, .line, code, pre, blockquote { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`
