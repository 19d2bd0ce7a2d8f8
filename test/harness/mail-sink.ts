import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer } from 'smtp-server'

export interface MailSink {
  url: string
  mails: Email[]
  /** Called when a mail was accepted, just after the client is told so. */
  onAccepted: (() => void) | undefined
  close(): Promise<void>
}

/** A real SMTP server that keeps what it accepts. */
export async function startMailSink(): Promise<MailSink> {
  const sink: MailSink = { url: '', mails: [], onAccepted: undefined, close: async () => {} }
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, _session, callback) => {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', async () => {
        sink.mails.push(await PostalMime.parse(Buffer.concat(parts)))
        callback()
        sink.onAccepted?.()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  sink.url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`
  sink.close = () => new Promise((resolve) => server.close(() => resolve()))
  return sink
}
