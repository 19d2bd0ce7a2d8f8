import type { Instance, RunEvent } from '../../client/http.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { LiveText } from '../conversation/live-text.ts'
import { Transcript } from '../conversation/transcript.ts'
import type { Voice } from '../conversation/voice.ts'
import { oneLine } from '../screen/plain.ts'
import { renderMarkdown } from '../screen/render-markdown.ts'
import type { Screen } from '../screen/screen.ts'
import { paint, wrap } from '../screen/spans.ts'
import { leadsTo } from './leads-to.ts'

type Told<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>['data']
type Tellers = { [Name in RunEvent['event']]?: (data: Told<Name>) => void }

const endings: Record<string, string> = {
  ended: 'The conversation has ended; what you say next begins it anew.',
  idle: 'The conversation ended, because nobody spoke; what you say next begins it anew.',
  deactivated: 'The conversation was ended by its workspace.',
  deleted: 'The conversation ended: its workflow was deleted.',
  failed: 'The conversation broke off; what you say next begins it anew.',
}

const asMarkdown = (text: string, columns: number): string[] => renderMarkdown(text, columns).split('\n')

/** Tells a conversation of many turns on the screen: replies as they are written, and no progress in percent. */
export class ChatTranscript implements Voice {
  private readonly screen: Screen
  private readonly run: Transcript
  private readonly live = new LiveText()
  private readonly prompts = new Map<string, string>()
  private readonly queued = new Set<string>()
  /** What was typed here stands on the screen already. */
  private readonly typed: string[] = []

  constructor(screen: Screen) {
    this.screen = screen
    this.run = new Transcript(screen)
  }

  event(told: RunEvent): void {
    const tell = this.tellers[told.event] as ((data: unknown) => void) | undefined
    if (tell) tell(told.data)
    else this.run.event(told)
  }

  private readonly tellers: Tellers = {
    instanceStarted: () => {},
    progress: () => {},
    stepStarted: ({ title }) => {
      if (this.live.text === '') this.screen.writing(`${oneLine(title)} …`)
    },
    messageDelta: (delta) => {
      this.live.take(delta)
      this.screen.writing(this.live.text, asMarkdown)
    },
    reset: () => this.hush(),
    stepFinished: () => {},
    // A step around it may know how to go on; what the turn ends with is told at its end.
    stepFailed: () => this.hush(),
    message: (data) => {
      this.hush()
      if (data.role === 'user') this.prompts.set(data.messageId, data.text)
      if (data.role === 'user' && data.stepId === undefined && this.wasTyped(data.text)) {
        if (this.queued.delete(data.messageId)) this.remark(`Its turn: “${oneLine(data.text, 60)}”`)
        return
      }
      this.run.event({ event: 'message', data })
    },
    messageQueued: ({ messageId, text }) => {
      this.queued.add(messageId)
      this.remark(`Waits for its turn: “${oneLine(text, 60)}”`)
    },
    messageRemoved: ({ messageId }) => {
      if (this.queued.delete(messageId)) this.remark('A message that waited was taken back.')
    },
    chatCancelled: ({ messageId }) => {
      this.hush()
      const prompt = this.prompts.get(messageId)
      this.warn(`✘ Cancelled${prompt ? `: “${oneLine(prompt, 60)}”` : '.'}`)
    },
    instanceFinished: ({ status, error }) => {
      this.hush()
      if (status === 'failed')
        this.warn(`✘ That went wrong: ${oneLine(error?.message ?? 'no reason was given', 2_000)}`)
    },
    suggestions: () => {},
    navigate: ({ title, parameters }) => this.remark(leadsTo(title, parameters)),
    sessionEnded: ({ reason }) => this.remark(endings[reason] ?? 'The conversation has ended.'),
  }

  /** Of a message that is typed here, the echo is not shown. */
  typing(text: string): void {
    this.typed.push(text.trim())
  }

  /** A message did not get through. */
  notSent(text: string, why: string): void {
    this.wasTyped(text)
    this.warn(why)
  }

  /** The welcome of a conversation that begins. */
  welcome(text: string): void {
    this.screen.say()
    this.screen.say(renderMarkdown(text, this.screen.columns))
  }

  /** What may be said next: its number is enough. */
  offer(suggestions: string[]): void {
    if (suggestions.length > 0) this.screen.say()
    for (const [index, suggestion] of suggestions.entries())
      this.screen.say(
        `${paint('cyan', `${index + 1}`)} ${paint('dim', oneLine(suggestion, this.screen.columns - 4))}`,
      )
  }

  lost(): void {
    this.run.lost()
  }
  back(): void {
    this.run.back()
  }
  refused(reason: string): void {
    this.run.refused(reason)
  }
  remark(text: string): void {
    this.run.remark(text)
  }
  waitsFor(request: OpenRequest, whom: string): void {
    // That somebody comes was said in the conversation.
    if (request.kind === 'handoff') {
      this.remark(
        request.takenBy ? `You talk with ${whom}.` : `Waiting for ${whom}. You may write meanwhile.`,
      )
      return
    }
    this.screen.say()
    this.screen.say(renderMarkdown(request.question, this.screen.columns))
    this.remark(`Waiting for ${whom}.`)
  }
  answered(request: OpenRequest, typed: string | undefined): void {
    this.run.answered(request, typed)
  }
  ended(instance: Instance, saved: string[]): void {
    this.run.ended(instance, saved)
  }

  private wasTyped(text: string): boolean {
    const at = this.typed.indexOf(text.trim())
    if (at >= 0) this.typed.splice(at, 1)
    return at >= 0
  }

  private hush(): void {
    this.live.clear()
    this.screen.writing('')
  }

  private warn(text: string): void {
    for (const line of wrap(text, this.screen.columns)) this.screen.say(paint('yellow', line))
  }
}
