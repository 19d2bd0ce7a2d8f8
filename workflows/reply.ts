import type { Json } from '../shared/contract/json.ts'
import type { Person } from '../shared/contract/person.ts'
import type { Decision } from '../shared/contract/request.ts'

/** What came for a request and fitted it. */
export type Reply =
  | { kind: 'answer'; value?: Json; fileIds?: string[]; by: Person; at: string; said?: Said }
  | { kind: 'decision'; decision: Decision; comment?: string; edited?: string; by: Person; at: string }
  | { kind: 'return'; by: Person; at: string }

/** The message of a conversation that a reply was read from. */
export interface Said {
  messageId: string
  text: string
}

/** An answer that did not fit: it costs an attempt. */
export interface Miss {
  reason: string
  said?: Said
}

/** A signal that was refused, for the journal. */
export interface Refused {
  name: string
  reason: string
  requestId?: string
  by?: Person
}
