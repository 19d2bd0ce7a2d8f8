import type { Span } from '../content/blocks.ts'
import type { Hex } from '../look/colour.ts'
import type { FaceName, Typefaces } from './typefaces.ts'

/** How a paragraph is set; lengths in points. */
export interface Setting {
  width: number
  size: number
  colour: Hex
  /** Colour of links. */
  linkColour: Hex
  bold?: boolean
  italic?: boolean
}

/** Text in one face at one place of a line. */
export interface Piece {
  text: string
  face: FaceName
  size: number
  width: number
  colour: Hex
  code?: true
  strike?: true
  link?: string
}

export interface Line {
  pieces: Piece[]
  /** Without the spaces at its end. */
  width: number
}

/** Pieces between which no line may end; spaces only at the end. */
interface Word {
  pieces: Piece[]
  width: number
  /** Without its spaces. */
  solid: number
  endsLine?: true
}

export const setLines = (spans: Span[], setting: Setting, faces: Typefaces): Line[] => {
  const lines: Line[] = []
  let current: Word[] = []
  let used = 0
  const end = () => {
    lines.push(lineOf(current, faces))
    current = []
    used = 0
  }
  for (const word of wordsOf(spans, setting, faces)) {
    const parts = word.solid > setting.width ? chopped(word, setting.width, faces) : [word]
    for (const part of parts) {
      if (current.length > 0 && used + part.solid > setting.width + 0.01) end()
      current.push(part)
      used += part.width
    }
    if (word.endsLine) end()
  }
  if (current.length > 0 || lines.length === 0) end()
  return lines
}

/** A line may end after spaces, dashes, and hyphens and slashes between letters. */
const parts = /(?<= )(?=[^ ])|(?<=\n)|(?=\n)|(?<=\p{L}[-/])(?=\p{L})|(?<=[—…])(?=[\p{L}\p{N}])/u

const wordsOf = (spans: Span[], setting: Setting, faces: Typefaces): Word[] => {
  const words: Word[] = []
  let open: Word | undefined
  for (const span of spans) {
    const style = styleOf(span, setting)
    for (const stretch of faces.stretches(span.text, style.face)) {
      for (const text of stretch.text.split(parts)) {
        if (text === '\n') {
          const word = open ?? { pieces: [], width: 0, solid: 0 }
          if (!open) words.push(word)
          word.endsLine = true
          open = undefined
          continue
        }
        const startsWithSpace = text.startsWith(' ')
        if (open && !startsWithSpace && endsOpen(open)) open = undefined
        if (!open) {
          open = { pieces: [], width: 0, solid: 0 }
          words.push(open)
        }
        add(
          open,
          { ...style, text, face: stretch.face, width: faces.width(text, stretch.face, style.size) },
          faces,
        )
      }
    }
  }
  return words
}

const endsOpen = (word: Word): boolean => / $|[—…]$|\p{L}[-/]$/u.test(word.pieces.at(-1)?.text ?? '')

const add = (word: Word, piece: Piece, faces: Typefaces): void => {
  const text = piece.text.trimEnd()
  if (text) {
    word.solid = word.width + (text === piece.text ? piece.width : faces.width(text, piece.face, piece.size))
  }
  word.pieces.push(piece)
  word.width += piece.width
}

const styleOf = (span: Span, setting: Setting): Omit<Piece, 'text' | 'width'> => {
  const bold = span.bold || setting.bold
  const italic = span.italic || setting.italic
  return {
    face: span.code ? 'code' : bold ? (italic ? 'boldItalic' : 'bold') : italic ? 'italic' : 'regular',
    size: span.code ? setting.size * 0.9 : setting.size,
    colour: span.link ? setting.linkColour : setting.colour,
    ...(span.code ? { code: true } : {}),
    ...(span.strike ? { strike: true } : {}),
    ...(span.link ? { link: span.link } : {}),
  }
}

/** A word wider than the line is cut where the line ends. */
const chopped = (word: Word, width: number, faces: Typefaces): Word[] => {
  const chunks: Word[] = []
  let current: Word = { pieces: [], width: 0, solid: 0 }
  for (const piece of word.pieces) {
    let text = ''
    let taken = 0
    const close = () => {
      if (text) add(current, { ...piece, text, width: taken }, faces)
      text = ''
      taken = 0
    }
    for (const character of piece.text) {
      const wide = faces.width(character, piece.face, piece.size)
      if (current.width + taken + wide > width && current.width + taken > 0 && character !== ' ') {
        close()
        chunks.push(current)
        current = { pieces: [], width: 0, solid: 0 }
      }
      text += character
      taken += wide
    }
    close()
  }
  return [...chunks, current]
}

/** Neighbours in one style are one piece; the spaces at the end of the line are gone. */
const lineOf = (words: Word[], faces: Typefaces): Line => {
  const pieces: Piece[] = []
  for (const piece of words.flatMap((word) => word.pieces)) {
    const last = pieces.at(-1)
    if (last && sameStyle(last, piece)) {
      last.text += piece.text
      last.width += piece.width
    } else pieces.push({ ...piece })
  }
  const last = pieces.at(-1)
  if (last && pieces.some((piece) => piece.text.trim())) {
    const bare = last.text.trimEnd()
    last.width -=
      bare === last.text ? 0 : faces.width(' ', last.face, last.size) * (last.text.length - bare.length)
    last.text = bare
  }
  return { pieces, width: pieces.reduce((sum, piece) => sum + piece.width, 0) }
}

const sameStyle = (a: Piece, b: Piece): boolean =>
  a.face === b.face &&
  a.size === b.size &&
  a.colour === b.colour &&
  a.code === b.code &&
  a.strike === b.strike &&
  a.link === b.link
