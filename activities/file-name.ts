/** A file name that every system takes: the title without what has a meaning in paths, 120 characters at most. */
export function fileNameFrom(title: string, extension: string): string {
  const safe = title
    .normalize('NFC')
    .replace(/[\u0000-\u001f\u007f<>:"/\\|?*\u202a-\u202e]+/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[.\s]+|[.\s]+$/g, '')
  return `${[...safe].slice(0, 120).join('').trim() || 'document'}.${extension}`
}
