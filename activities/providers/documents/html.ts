import { parseMarkdown } from './content/parse-markdown.ts'
import { slidesAsBlocks } from './content/slides-as-blocks.ts'
import { splitTitle } from './content/split-title.ts'
import { writeBlocks } from './html/blocks.ts'
import { escapeHtml } from './html/escape.ts'
import { styleOf } from './html/style.ts'
import { paletteOf } from './look/colour.ts'
import { languageOf } from './look/language-of.ts'
import { isRightToLeft } from './look/scripts.ts'
import { showDate } from './look/show-date.ts'
import type { Writer } from './port.ts'

/** One file for a browser: its own styles and drawings, no script, and a policy that lets nothing be fetched. */
export const writeHtml: Writer = async (request) => {
  const { brand, label, date, timeZone, name } = request
  const palette = paletteOf(brand)
  const source = request.content?.trim()
    ? parseMarkdown(request.content)
    : slidesAsBlocks(request.slides ?? [])
  const { title, blocks } = splitTitle(name, source)
  const words = request.content?.trim() ? request.content : JSON.stringify(request.slides)
  const direction = isRightToLeft(title) ? ' dir="rtl"' : ''
  const html = `<!doctype html>
<html lang="${languageOf(words)}"${direction}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="author" content="${escapeHtml(brand.name)}">
<title>${escapeHtml(name)}</title>
<style>${styleOf(palette)}</style>
</head>
<body>
<header>
<p class="eyebrow">${escapeHtml(brand.name)}</p>
<h1>${escapeHtml(title)}</h1>
<p class="date">${escapeHtml(showDate(date, timeZone))}</p>
<div class="line"></div>
</header>
<main>
${writeBlocks(blocks, palette)}
</main>
<footer><span>${escapeHtml(brand.name)}</span>${label ? `<span class="label">${escapeHtml(label)}</span>` : ''}</footer>
</body>
</html>
`
  return {
    bytes: new TextEncoder().encode(html),
    mediaType: 'text/html; charset=utf-8',
    extension: 'html',
  }
}
