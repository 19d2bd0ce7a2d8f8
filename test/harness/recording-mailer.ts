import type { Mail, MailAttempt, Mailer } from '../../activities/providers/mail/port.ts'

/** A mailer that keeps what it was given. */
export class RecordingMailer implements Mailer {
  readonly repeatable = true
  readonly sent: (Mail & { key: string })[] = []
  /** Thrown once each, in order, before anything is sent. */
  readonly failures: unknown[] = []

  async send(mail: Mail, { key }: MailAttempt): Promise<void> {
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    this.sent.push({ ...mail, key })
  }
}
