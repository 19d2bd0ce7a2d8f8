import { Marked } from 'marked'

const escapeHtml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Markdown only: raw HTML shows as text, pictures as their description, and nothing is fetched from elsewhere. */
const marked = new Marked({
  async: false,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    image: ({ text }) => escapeHtml(text),
    link: ({ href, text }) =>
      /^(https?:|mailto:)/i.test(href)
        ? `<a href="${escapeHtml(href)}">${escapeHtml(text)}</a>`
        : escapeHtml(text),
  },
})

/** A mail's body for readers of HTML. */
export const markdownAsHtml = (markdown: string): string =>
  `<div style="font-family:Arial,Helvetica,sans-serif;font-size:15px;line-height:1.5">${marked.parse(markdown) as string}</div>`

/** The same for readers of plain text: the marks of emphasis go, lists and paragraphs stay. */
export const markdownAsText = (markdown: string): string =>
  markdown
    .replace(/^#{1,6}\s+/gm, '')
    .replace(/\*\*([^*\n]+)\*\*/g, '$1')
    .replace(/(^|\s)[*_]([^*_\n]+)[*_](?=\s|[.,;:!?]|$)/g, '$1$2')
    .replace(/`([^`\n]+)`/g, '$1')
