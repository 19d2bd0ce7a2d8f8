import type { Span } from '../content/blocks.ts'
import { textOf } from '../content/blocks.ts'
import { isRightToLeft } from '../look/scripts.ts'
import { escapeHtml } from './escape.ts'

export const writeSpans = (spans: Span[]): string => spans.map(writeSpan).join('')

const writeSpan = (span: Span): string => {
  let html = escapeHtml(span.text).replaceAll('\n', '<br>')
  if (span.code) html = `<code>${html}</code>`
  if (span.strike) html = `<del>${html}</del>`
  if (span.italic) html = `<em>${html}</em>`
  if (span.bold) html = `<strong>${html}</strong>`
  // The parser lets only absolute http, https and mailto addresses through.
  if (span.link) html = `<a href="${escapeHtml(span.link)}" rel="noopener noreferrer">${html}</a>`
  return html
}

/** Stated only where it differs from the page's. */
export const directionOf = (spans: Span[]): string => (isRightToLeft(textOf(spans)) ? ' dir="rtl"' : '')
