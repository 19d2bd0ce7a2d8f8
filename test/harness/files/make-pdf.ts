/** Text at a place on the page: points from the bottom left, as PDF counts. */
export type Placed = { x: number; y: number; text: string; size?: number }

/** A PDF by hand, with exactly what a test needs in it: pages of text in Helvetica, or whatever `content` and `font` say. */
export const makePdf = (pages: readonly (readonly Placed[])[]): Buffer =>
  pdfOf(
    pages.map((page) =>
      page
        .map(({ x, y, text, size = 11 }) => `BT /F1 ${size} Tf ${x} ${y} Td (${quoted(text)}) Tj ET`)
        .join('\n'),
    ),
  )

export const pdfOf = (
  contents: readonly (string | Buffer)[],
  font = '<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>',
  filter = '',
): Buffer => {
  const objects: Buffer[] = [
    Buffer.from('<</Type/Catalog/Pages 2 0 R>>'),
    Buffer.from(
      `<</Type/Pages/Kids[${contents.map((_, page) => `${4 + page * 2} 0 R`).join(' ')}]/Count ${contents.length}>>`,
    ),
    Buffer.from(font),
  ]
  for (const content of contents) {
    const stream = Buffer.from(content)
    const page = `<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents ${objects.length + 2} 0 R/Resources<</Font<</F1 3 0 R>>>>>>`
    const head = `<</Length ${stream.length}${filter}>>stream\n`
    objects.push(Buffer.from(page), Buffer.concat([Buffer.from(head), stream, Buffer.from('\nendstream')]))
  }
  return assemble(objects)
}

const assemble = (objects: readonly Buffer[]): Buffer => {
  const parts = [Buffer.from('%PDF-1.4\n')]
  const offsets: number[] = []
  let length = parts[0]!.length
  for (const [index, object] of objects.entries()) {
    offsets.push(length)
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')])
    parts.push(part)
    length += part.length
  }
  const table = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  parts.push(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${table}trailer<</Size ${objects.length + 1}/Root 1 0 R>>\nstartxref\n${length}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(parts)
}

const quoted = (text: string) => text.replace(/[\\()]/g, '\\$&')
