import JSZip from 'jszip'
import { createDocuments } from '../../activities/providers/documents/create-documents.ts'
import type {
  DocumentFormat,
  DocumentRequest,
  MadeDocument,
} from '../../activities/providers/documents/port.ts'

export const brand = {
  name: 'Fleetline & Co',
  colours: { primary: '#1f3a5f', accent: '#e07a3f' },
  voice: '',
  words: { use: [], avoid: [] },
}

export const make = (format: DocumentFormat, request: Partial<DocumentRequest>): Promise<MadeDocument> =>
  createDocuments().make({
    format,
    name: 'Proposal: Halvorsen',
    brand,
    date: '2026-10-23T22:30:00Z',
    timeZone: 'Europe/Oslo',
    ...request,
  })

/** The parts of an office file by path, as text. */
export const partsOf = async (bytes: Uint8Array): Promise<Record<string, string>> => {
  const zip = await JSZip.loadAsync(bytes)
  const files = Object.values(zip.files).filter((file) => !file.dir)
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file.name, await file.async('string')])),
  )
}

export const partsOfMade = async (format: DocumentFormat, request: Partial<DocumentRequest>) =>
  partsOf((await make(format, request)).bytes)

/** The words of a part, paragraphs apart: `w` for Word, `a` for slides and charts. */
export const wordsOf = (xml: string | undefined, prefix: 'w' | 'a'): string[] =>
  [...(xml ?? '').matchAll(new RegExp(`<${prefix}:p[ >][\\s\\S]*?</${prefix}:p>`, 'g'))]
    .map(([paragraph]) =>
      [...paragraph.matchAll(new RegExp(`<${prefix}:t(?: [^>]*)?>([^<]*)</${prefix}:t>`, 'g'))]
        .map(([, text]) => text)
        .join(''),
    )
    .filter(Boolean)

/** Slides in order. */
export const slidesOf = (parts: Record<string, string>): string[] =>
  Object.keys(parts)
    .map((name) => /^ppt\/slides\/slide(\d+)\.xml$/.exec(name))
    .filter((match) => match !== null)
    .sort((a, b) => Number(a[1]) - Number(b[1]))
    .map((match) => parts[match[0]] ?? '')

/** Every part that the content types or a relationship names and the file does not hold. */
export const missingParts = (parts: Record<string, string>): string[] => {
  const declared = [...(parts['[Content_Types].xml'] ?? '').matchAll(/PartName="\/([^"]+)"/g)].map(
    ([, name]) => name!,
  )
  const related = Object.entries(parts)
    .filter(([name]) => name.endsWith('.rels'))
    .flatMap(([name, xml]) =>
      [...xml.matchAll(/<Relationship [^>]*>/g)]
        .filter(([one]) => !one.includes('TargetMode="External"'))
        .map(([one]) =>
          new URL(
            /Target="([^"]+)"/.exec(one)?.[1] ?? '',
            `file:///${name.replace('_rels/', '')}`,
          ).pathname.slice(1),
        ),
    )
  return [...declared, ...related].filter((name) => !(name in parts))
}

/** XML 1.0's ban, and markup that does not close. */
export const badXml = (parts: Record<string, string>): string[] =>
  Object.entries(parts)
    .filter(([name]) => /\.(xml|rels)$/.test(name))
    .filter(([, xml]) => /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml) || !isBalanced(xml))
    .map(([name]) => name)

const isBalanced = (xml: string): boolean => {
  const open: string[] = []
  for (const [, end, name, self] of xml.matchAll(
    /<(\/?)([A-Za-z][\w:.-]*)(?:\s+[\w:.-]+="[^"<]*")*\s*(\/?)>/g,
  )) {
    if (end) {
      if (open.pop() !== name) return false
    } else if (!self) open.push(name!)
  }
  return open.length === 0 && !/&(?!(?:amp|lt|gt|quot|apos|#\d+|#x[\da-fA-F]+);)/.test(xml)
}
