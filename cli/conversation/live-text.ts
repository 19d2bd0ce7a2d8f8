import type { RunEvent } from '../../client/http.ts'

type Delta = Extract<RunEvent, { event: 'messageDelta' }>['data']

/** The text that is being written right now. A new attempt, or another message, begins it anew. */
export class LiveText {
  text = ''
  private of = ''

  take({ messageId, attempt, offset, text }: Pick<Delta, 'messageId' | 'attempt' | 'offset' | 'text'>): void {
    const of = `${messageId}:${attempt}`
    if (of !== this.of) this.clear()
    this.of = of
    // A piece may come again after a reconnect; where one is missing, the rest still is what comes next.
    this.text = this.text.slice(0, offset) + text
  }

  clear(): void {
    this.text = ''
    this.of = ''
  }
}
