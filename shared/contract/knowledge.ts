import { z } from 'zod'

const control = /[\u0000-\u001f\u007f]/

const Named = (most: number) =>
  z
    .string()
    .trim()
    .min(1, 'must say something')
    .max(most)
    .refine((text) => !control.test(text), 'one line, without control characters')

/** What stands in `knowledgeBases` of a definition: unique in the app. */
export const KnowledgeBaseName = Named(120)

/** `description` says what is in it: models read it to know when to search. */
export const KnowledgeBaseFields = z.strictObject({
  name: KnowledgeBaseName,
  description: z.string().trim().max(1_000).default(''),
})
export type KnowledgeBaseFields = z.infer<typeof KnowledgeBaseFields>

const PageUrl = z
  .string()
  .max(2_000)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    'a URL that begins with https:// or http://',
  )

/** A document comes from a file that was uploaded, or from an address. */
export const DocumentFields = z
  .strictObject({
    fileId: z.guid().toLowerCase().optional(),
    url: PageUrl.optional(),
    /** What citations call it; the file's name, or the address, where it does not say. */
    name: Named(200).optional(),
  })
  .refine(({ fileId, url }) => (fileId === undefined) !== (url === undefined), {
    path: ['fileId'],
    error: 'just one of "fileId" (of an uploaded file) and "url"',
  })
export type DocumentFields = z.infer<typeof DocumentFields>

/** How far the newest ingestion is. What an earlier one gave is found until it is `ready`, and when it has `failed`. */
export const DocumentState = z.enum(['waiting', 'reading', 'indexing', 'embedding', 'ready', 'failed'])
export type DocumentState = z.infer<typeof DocumentState>

export const knowledgeLimits = { documents: 2_000, characters: 5_000_000 } as const

/** A piece of a document, and where it stands there. */
export interface Passage {
  /** The headings above it, outermost first, with `›` between. */
  heading: string | null
  /** Of documents that have pages, from 1. */
  page: number | null
  /** In characters from the beginning of the document's text. */
  offset: number
  text: string
}

/** A passage that a search found. */
export interface FoundPassage extends Passage {
  knowledgeBase: string
  documentId: string
  document: string
  url: string | null
}
