import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { createTransport } from 'nodemailer'
import MailComposer from 'nodemailer/lib/mail-composer/index.js'
import { fail } from '../../../shared/temporal/failure.ts'
import type { Mail, MailAttempt, Mailer } from './port.ts'
import { markdownAsHtml, markdownAsText } from './render-body.ts'

/**
 * The next piece is asked for when the network took the one before, so the end of a mail comes close behind what really
 * left: a connection that breaks before it breaks while it is still known that nothing was accepted.
 */
const pieceBytes = 64 * 1024

/** E-mail through an SMTP server. A mail is composed the same way at every attempt, with a Message-ID from its key. */
export function createSmtpMailer({ smtpUrl, from }: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    connectionTimeout: 15_000,
    greetingTimeout: 15_000,
    socketTimeout: 60_000,
  })
  return {
    repeatable: false,
    send: async (mail, attempt) => {
      const message = await compose(mail, from, attempt.key)
      let handing: Promise<void> | undefined
      let handedOver = false
      // The stream ends only after `onHandOver` is stored, and the server accepts only what has ended: a crash before
      // that moment leaves a mail that was surely not sent, a crash after it one that must not be sent again.
      const raw = Readable.from(
        (async function* () {
          for (let at = 0; at < message.length; at += pieceBytes) yield message.subarray(at, at + pieceBytes)
          attempt.signal.throwIfAborted()
          handing = attempt.onHandOver()
          await handing
          attempt.signal.throwIfAborted()
          handedOver = true
        })(),
        { objectMode: false },
      )
      try {
        // A cancelled run need not wait for a slow server: what has not ended by then never will.
        await Promise.race([
          transport.sendMail({ envelope: { from, to: mail.to }, raw }),
          abortBefore(attempt.signal, () => handedOver),
        ])
      } catch (error) {
        const wasHandedOver = handedOver
        await handing
        await turnedDown(error, wasHandedOver, attempt)
      }
    },
  }
}

/** Fails when the signal aborts, unless it is too late to hold the mail back. */
const abortBefore = (signal: AbortSignal, isTooLate: () => boolean) =>
  new Promise<never>((_, reject) => {
    const abort = () => void (isTooLate() || reject(signal.reason))
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })

async function turnedDown(error: unknown, handedOver: boolean, attempt: MailAttempt): Promise<never> {
  const { responseCode, message } = error as { responseCode?: number; message?: string }
  if (responseCode !== undefined || !handedOver) await attempt.onTurnedDown()
  if (attempt.signal.aborted && !handedOver) throw error
  if (responseCode !== undefined && responseCode >= 500)
    throw fail(
      'DeliveryRefused',
      `The mail server refused (${responseCode}): ${message?.slice(0, 300) ?? ''}`,
    )
  throw fail(
    'ProviderBusy',
    `The mail server did not take the mail: ${message?.slice(0, 300) ?? 'no answer'}`,
  )
}

function compose(mail: Mail, from: string, key: string): Promise<Buffer> {
  const id = createHash('sha256').update(key).digest('hex').slice(0, 40)
  return new MailComposer({
    from,
    to: mail.to,
    subject: mail.subject,
    text: markdownAsText(mail.body),
    html: markdownAsHtml(mail.body),
    messageId: `<${id}@parley>`,
    attachments: mail.attachments.map(({ name, mediaType, content }) => ({
      filename: name,
      contentType: mediaType,
      content: Buffer.from(content),
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
    .compile()
    .build()
}
