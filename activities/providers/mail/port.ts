import type { FileValue } from '../../../shared/contract/file.ts'

export interface Mail {
  workspaceId: string
  appId: string
  instanceUuid: string
  to: string[]
  subject: string
  /** Markdown. */
  body: string
  attachments: (FileValue & { content: Uint8Array })[]
}

export interface MailAttempt {
  /** The same at every attempt: it becomes the Message-ID, or the row's id. */
  key: string
  signal: AbortSignal
  /** Called just before the server is given the last byte: from then on the mail may have been accepted. */
  onHandOver: () => Promise<void>
  /** Called when the server answered that it did not take it. */
  onTurnedDown: () => Promise<void>
}

/** The ability to send e-mail. Fails with `ProviderBusy` or `DeliveryRefused`. */
export interface Mailer {
  /** Whether sending the same key again is harmless, also when nobody knows if the first one arrived. */
  readonly repeatable: boolean
  send(mail: Mail, attempt: MailAttempt): Promise<void>
}
