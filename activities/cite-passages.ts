import type { FoundPassage } from '../shared/contract/knowledge.ts'
import type { LiveText } from './live-text.ts'

/** What searches found in one step, by the numbers under which the model was given it. */
export type Passages = Map<number, FoundPassage>

export interface Cited {
  /** The words, with the numbers of their sources from 1 on. */
  text: string
  /** The same, with the list of the sources behind it. */
  whole: string
}

/** A model's text with citations that can be checked: numbers that it was not given are left out. */
export function citePassages(text: string, passages: Passages): Cited {
  const writer = citationWriter(passages)
  const words = (writer.write(text) + writer.end()).trim()
  return { text: words, whole: words + writer.sources() }
}

/** Shows a text with its citations as `citePassages` will have it, while it is written. */
export function showCited(live: LiveText, passages: Passages): LiveText {
  let writer = citationWriter(passages)
  let isWritten = false
  const write = (piece: string) => {
    if (piece) live.write(piece)
  }
  const end = () => {
    if (isWritten) write(writer.end().trimEnd() + writer.sources())
  }
  return {
    write: (piece) => {
      isWritten = true
      write(writer.write(piece))
    },
    reset: () => {
      writer = citationWriter(passages)
      isWritten = false
      return live.reset()
    },
    flush: () => {
      end()
      return live.flush()
    },
    rest: () => {
      end()
      return live.rest()
    },
  }
}

/** Pieces of a text: code, what may be a citation with the spaces before it, and all the rest. */
const pieces = /`+| {0,3}\[[^[\]\n]{0,80}\]|[^`[ ]+| +|\[/g
const citation = /^ *\[(\d{1,9}(?:\s*[,;]\s*\d{1,9})*)\]$/
/** What may go on as a citation, or turn out to be a link, with what is not here yet. */
const unsure = /(?: {0,3}\[[^[\]\n]{0,80}\]?| {1,3}|`{1,8})$/

function citationWriter(passages: Passages) {
  const cited: FoundPassage[] = []
  let waiting = ''
  let fence = ''

  const numberOf = (passage: FoundPassage): number => {
    const isIt = (one: FoundPassage) => one.documentId === passage.documentId && one.offset === passage.offset
    const before = cited.findIndex(isIt)
    return before < 0 ? cited.push(passage) : before + 1
  }
  const convert = (piece: string, next: string | undefined): string => {
    if (piece.startsWith('`')) {
      if (!fence) fence = piece
      else if (piece === fence) fence = ''
      return piece
    }
    // Code inside of a line ends with its paragraph, whether it was closed or not.
    if (fence.length < 3 && piece.includes('\n\n')) fence = ''
    const numbers = fence || next === '(' ? undefined : citation.exec(piece)?.[1]
    if (numbers === undefined) return piece
    const known = numbers.split(/[,;]/).flatMap((number) => passages.get(Number(number)) ?? [])
    const shown = [...new Set(known.map(numberOf))].map((number) => `[${number}]`).join('')
    return shown ? piece.slice(0, piece.indexOf('[')) + shown : ''
  }
  const convertAll = (text: string): string =>
    [...text.matchAll(pieces)]
      .map(({ 0: piece, index }) => convert(piece, text[index + piece.length]))
      .join('')

  return {
    /** What can be shown of the text so far. */
    write: (piece: string): string => {
      waiting += piece
      const sure = waiting.length - (unsure.exec(waiting)?.[0].length ?? 0)
      const text = convertAll(waiting.slice(0, sure))
      waiting = waiting.slice(sure)
      return text
    },
    end: (): string => {
      const text = convertAll(waiting)
      waiting = ''
      return text
    },
    sources: (): string =>
      cited.length === 0
        ? ''
        : `\n\n---\n${cited.map((passage, index) => `[${index + 1}] ${placeOf(passage)}`).join('  \n')}`,
  }
}

/** Where a passage stands, for a reader who wants to look. */
function placeOf({ document, url, page, heading }: FoundPassage): string {
  const name = plain(document)
  return [
    url ? `[${name}](<${url.replace(/[<>\s]/g, encodeURIComponent)}>)` : name,
    ...(page === null ? [] : [`p. ${page}`]),
    ...(heading ? [plain(heading)] : []),
  ].join(', ')
}

/** Other people's words inside of Markdown. */
const plain = (text: string): string => text.replace(/[\\`*_[\]<>]/g, '\\$&')
