import { openZip, unpackedBytes, type ZipEntry } from './open-zip.ts'
import { parseXml, type XmlElement } from './parse-xml.ts'
import { damaged, locked, tooLarge } from './unreadable.ts'

/** 300 MB is more than any honest document unfolds to, and little enough to hold once. */
const MAX_UNPACKED_BYTES = 300 * 1024 * 1024
/** A part of 64 MB is a book of 10,000 pages; as parsed XML it already takes most of the thread's memory. */
const MAX_PART_BYTES = 64 * 1024 * 1024

/** The parts of a DOCX or PPTX file: `xml` gives one parsed, or undefined when there is none; `related` follows a part's references. */
export type OfficeFile = {
  names: string[]
  xml: (part: string) => XmlElement | undefined
  related: (part: string) => Related[]
}
type Related = { id: string; type: string; part: string }

export const openOffice = (bytes: Buffer, name: string): OfficeFile => {
  const zip = openZip(bytes)
  if (!zip) throw damaged(name)
  const entries = [...zip.values()]
  if (entries.some((entry) => entry.encrypted)) throw locked(name)
  if (unpackedBytes(zip) > MAX_UNPACKED_BYTES) throw tooLarge(name, 'it unpacks to more than 300 MB')
  if (entries.some((entry) => isXml(entry) && entry.bytes > MAX_PART_BYTES))
    throw tooLarge(name, 'it holds more than 64 MB of text')
  const xml = (part: string) => {
    const entry = zip.get(part)
    return entry && parseXml(entry.read().toString('utf8'))
  }
  return {
    names: [...zip.keys()],
    xml,
    related: (part) => relations(part, xml(part.replace(/([^/]+)$/, '_rels/$1.rels'))),
  }
}

/** Unfolds every part once, so that a library that opens the same bytes meets no size or document type that was not announced. */
export const checkParts = (file: OfficeFile): void => {
  for (const part of file.names) if (/\.(xml|rels)$/i.test(part)) file.xml(part)
}

const isXml = (entry: ZipEntry) => /\.(xml|rels)$/i.test(entry.name)

const relations = (from: string, rels: XmlElement | undefined): Related[] =>
  (rels?.children ?? []).flatMap((relation) => {
    if (typeof relation === 'string' || relation.attributes.TargetMode === 'External') return []
    const { Id: id = '', Type: type = '', Target: target = '' } = relation.attributes
    return [{ id, type: type.slice(type.lastIndexOf('/') + 1), part: resolve(from, target) }]
  })

const resolve = (from: string, target: string) =>
  decodeURI(new URL(target, `file:///${from}`).pathname.slice(1))
