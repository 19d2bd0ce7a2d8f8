import JSZip from 'jszip'
import type { Palette } from '../look/colour.ts'

/**
 * Cures what the library writes that strict readers refuse or a person would notice. PowerPoint repairs silently only
 * some of it; other programs refuse.
 */
export const finish = async (drawn: Uint8Array, palette: Palette): Promise<Uint8Array> => {
  const zip = await JSZip.loadAsync(drawn)
  const names = Object.keys(zip.files)
  await rewrite(zip, '[Content_Types].xml', (xml) => withoutMissingParts(xml, new Set(names)))
  for (const name of names) {
    if (/^ppt\/(slides|slideLayouts|slideMasters)\/[^/]+\.xml$/.test(name)) {
      await rewrite(zip, name, (xml) => uniqueIds(standardTitles(oneParagraphStyle(xml))))
    }
    if (/^ppt\/theme\/.+\.xml$/.test(name)) await rewrite(zip, name, (xml) => branded(xml, palette))
    if (/^ppt\/notesSlides\/[^/]+\.xml$/.test(name)) await rewrite(zip, name, notesInParagraphs)
    if (/^ppt\/charts\/[^/]+\.xml$/.test(name)) await rewrite(zip, name, inSchemaOrder)
    if (/^ppt\/embeddings\/.+\.xlsx$/.test(name)) zip.file(name, await plainSheet(await read(zip, name)))
  }
  return zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE' })
}

const read = (zip: JSZip, name: string): Promise<Uint8Array> =>
  zip.file(name)?.async('uint8array') ?? Promise.resolve(new Uint8Array())

const rewrite = async (zip: JSZip, name: string, change: (xml: string) => string): Promise<void> => {
  const xml = await zip.file(name)?.async('string')
  if (xml !== undefined) zip.file(name, change(xml))
}

/** The library declares a slide master per slide, and writes one. */
const withoutMissingParts = (xml: string, names: Set<string>): string =>
  xml.replace(/<Override PartName="\/([^"]+)"[^>]*\/>/g, (whole, name) => (names.has(name) ? whole : ''))

/** A paragraph has one set of properties, at its beginning; the library repeats them before every run. */
const oneParagraphStyle = (xml: string): string =>
  xml.replace(/<a:p>([\s\S]*?)<\/a:p>/g, (_, inner: string) => {
    const [first = '', ...repeated] = inner.match(/<a:pPr\b[^>]*?\/>|<a:pPr\b[^>]*>[\s\S]*?<\/a:pPr>/g) ?? []
    const rest = repeated.reduceRight((text, one) => cutLast(text, one), inner)
    return `<a:p>${first}${first ? rest.replace(first, '') : rest}</a:p>`
  })

const cutLast = (text: string, part: string): string => {
  const at = text.lastIndexOf(part)
  return text.slice(0, at) + text.slice(at + part.length)
}

/** A title has no index, and prompts in the reader's own language; readers find a slide's title by that. */
const standardTitles = (xml: string): string =>
  xml
    .replace(/<p:ph\s[^>]*\/>/g, (whole) => {
      const plain = whole.replace(/\s+hasCustomPrompt="1"/, '').replace(/\s+/g, ' ')
      return plain.includes('type="title"') ? plain.replace(/ idx="\d+"/, '') : plain
    })
    // Placeholders in a layout lose their margins: without, what a person types would not line up with our text.
    .replaceAll(
      '<a:bodyPr wrap="square" rtlCol="0">',
      '<a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0">',
    )
    .replace('<p:cSld name="DEFAULT">', '<p:cSld name="Blank">')

/** Shape ids must differ within a slide; the library counts tables apart. */
const uniqueIds = (xml: string): string => {
  let id = 0
  return xml.replace(/(<p:cNvPr id=")\d+"/g, (_, before: string) => `${before}${++id}"`)
}

/** The theme's own colours, so that what a person adds to the deck looks like the rest of it. */
const branded = (xml: string, palette: Palette): string => {
  const colours: Record<string, string> = {
    dk2: palette.primaryText,
    hlink: palette.primaryText,
    folHlink: palette.primaryText,
    ...Object.fromEntries(palette.series.slice(0, 6).map((one, index) => [`accent${index + 1}`, one])),
  }
  return xml.replace(
    /<a:(dk2|accent[1-6]|hlink|folHlink)>[\s\S]*?<\/a:\1>/g,
    (_, name: string) => `<a:${name}><a:srgbClr val="${colours[name]}"/></a:${name}>`,
  )
}

/** Charts have two axes, and the parts of a line's series an order: the schema knows no more than that. */
const inSchemaOrder = (xml: string): string => {
  const flat = xml.replace(/((?:<c:axId val="\d+"\/>){2})<c:axId val="\d+"\/>/, '$1')
  return flat.includes('<c:lineChart>')
    ? flat
        .replaceAll('<c:invertIfNegative val="0"/>', '')
        .replace(
          /(<c:dLbls>(?:(?!<\/c:dLbls>)[\s\S])*<\/c:dLbls>)\s*(<c:marker>[\s\S]*?<\/c:marker>)/g,
          '$2$1',
        )
    : flat
}

/** Notes come as one run with line ends, which PowerPoint shows as spaces. */
const notesInParagraphs = (xml: string): string =>
  xml.replace(/<a:p><a:r>(<a:rPr[^>]*\/>)<a:t>([^<]*)<\/a:t><\/a:r>/, (_, style: string, text: string) =>
    text
      .split(/\r?\n/)
      .map((line) => `<a:p><a:r>${style}<a:t>${line}</a:t></a:r>`)
      .join('</a:p>'),
  )

/** The sheet behind a chart names a table at an address that does not exist (`A1:B4'`): Excel offers a repair. */
const plainSheet = async (workbook: Uint8Array): Promise<Uint8Array> => {
  const zip = await JSZip.loadAsync(workbook)
  zip.remove('xl/tables')
  zip.remove('xl/worksheets/_rels')
  await rewrite(zip, '[Content_Types].xml', (xml) =>
    xml.replace(/<Override PartName="\/xl\/tables\/[^>]*\/>/g, ''),
  )
  await rewrite(zip, 'xl/worksheets/sheet1.xml', (xml) =>
    xml.replace(/<tableParts\b[^>]*\/>|<tableParts\b[\s\S]*?<\/tableParts>/, ''),
  )
  return zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE' })
}
