import type { Brand } from '../../../shared/contract/brand.ts'
import type { Slide } from '../../../shared/contract/slides.ts'

export type DocumentFormat = 'docx' | 'pptx' | 'pdf' | 'md' | 'html'

/** What a document says and how it looks. At least one of `content` and `slides` must hold something. */
export interface DocumentRequest {
  format: DocumentFormat
  /** The title property, and the title a reader sees. The file's name is the caller's affair. */
  name: string
  /** Markdown. A fenced `chart` block holds `{ type, title?, labels, series }` as JSON. */
  content?: string
  slides?: Slide[]
  brand: Brand
  /** Where the words come from, such as "Demo model": stands quietly on every page and slide. */
  label?: string
  /** ISO date, or ISO instant that is shown in `timeZone`. */
  date: string
  /** IANA name, such as `Europe/Oslo`. */
  timeZone: string
}

export interface MadeDocument {
  bytes: Uint8Array
  mediaType: string
  extension: DocumentFormat
}

export interface Documents {
  /** Fails with `DocumentProblem` when the request itself cannot become a document: no retry cures it. */
  make(request: DocumentRequest): Promise<MadeDocument>
}

/** One format. A new one is a file with this shape and a line in `create-documents.ts`. */
export type Writer = (request: DocumentRequest) => Promise<MadeDocument>
