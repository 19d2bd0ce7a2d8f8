import type { Instance, RunEvent } from '../../client/http.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import { oneLine } from '../screen/plain.ts'
import { renderMarkdown } from '../screen/render-markdown.ts'
import type { Screen } from '../screen/screen.ts'
import { paint, wrap } from '../screen/spans.ts'
import { LiveText } from './live-text.ts'
import { nameOf, sizeOf, untilWhen } from './names.ts'
import type { Voice } from './voice.ts'

type Told<Name extends RunEvent['event']> = Extract<RunEvent, { event: Name }>['data']
type Tellers = { [Name in RunEvent['event']]?: (data: Told<Name>) => void }

const outcomes: Record<string, string> = {
  approved: '✔ Approved',
  rejected: '✘ Rejected',
  changes: '↺ Changes requested',
  expired: 'Nobody decided in time',
}

/** Tells a run on the screen, as a conversation. */
export class Transcript implements Voice {
  private readonly screen: Screen
  private readonly live = new LiveText()
  /** What was said here, by step: in a loop side by side, several are under way at once. */
  private readonly own = new Map<string, string[]>()
  private readonly questions = new Map<string, string>()
  private percent = 0
  private label = ''
  /** A failure is told when the run goes on in spite of it; what it ends with is told at its end. */
  private failure: { text: string; message: string } | undefined
  private readonly failuresTold = new Set<string>()

  constructor(screen: Screen) {
    this.screen = screen
  }

  event({ event, data }: RunEvent): void {
    if (event !== 'stepFailed' && event !== 'instanceFinished') this.tellFailure()
    const tell = this.tellers[event] as ((data: unknown) => void) | undefined
    tell?.(data)
  }

  private readonly tellers: Tellers = {
    instanceStarted: ({ retry }) => {
      if (retry === undefined) return
      this.failuresTold.clear()
      this.remark('↻ It goes on from the step that failed.')
    },
    stepStarted: ({ title }) => this.moved(this.percent, title),
    progress: ({ percent, label }) => this.moved(Math.max(this.percent, percent), label),
    messageDelta: (delta) => {
      this.live.take(delta)
      this.screen.writing(this.live.text)
    },
    reset: () => this.hush(),
    stepFinished: () => this.hush(),
    message: ({ role, text, attachments, stepId, label, by }) => {
      this.hush()
      if (role === 'user') {
        this.echo(text || attachments.map(({ name }) => name).join(', '), stepId)
        return
      }
      this.block(renderMarkdown(text, this.screen.columns), by ? nameOf(by) : label)
      for (const { name } of attachments) this.screen.say(`  + ${oneLine(name)}`)
    },
    requestOpened: ({ stepId, kind, question }) => {
      this.hush()
      if (kind === 'answer') this.questions.set(stepId, question)
    },
    requestClosed: ({ kind, outcome, by, comment }) => {
      if (kind === 'answer' && outcome === 'expired') this.remark('The question expired.')
      if (kind !== 'approval') return
      const who = by ? ` by ${oneLine(nameOf(by))}` : ''
      const said = `${outcomes[outcome] ?? oneLine(outcome)}${who}${comment ? `: ${oneLine(comment, 500)}` : ''}`
      for (const line of wrap(said, this.screen.columns)) this.screen.say(line)
    },
    handoffTaken: ({ by }) => this.remark(`${oneLine(nameOf(by))} is here.`),
    handoffReturned: ({ by }) => this.remark(`${oneLine(nameOf(by))} has left.`),
    refused: ({ reason, by }) =>
      this.remark(`Refused${by ? ` (${oneLine(nameOf(by))})` : ''}: ${oneLine(reason, 500)}`),
    // The steps around one that failed, fail with it: the innermost comes first, and says it best.
    stepFailed: ({ title, error: { message } }) => {
      this.failure ??= { text: `${oneLine(title)} failed: ${oneLine(message, 1_000)}`, message }
    },
    asset: ({ name, bytes }) =>
      this.screen.say(`${paint('green', '+')} ${oneLine(name)}${paint('dim', sizeOf(bytes))}`),
  }

  lost(): void {
    this.screen.note('Connection lost, trying again…')
  }

  back(): void {
    this.screen.note('')
    if (!this.screen.changes) this.screen.say('Connected again.')
  }

  refused(reason: string): void {
    this.warn(oneLine(reason, 1_000))
  }

  remark(text: string): void {
    for (const line of wrap(text, this.screen.columns)) this.screen.say(paint('dim', line))
  }

  waitsFor(request: OpenRequest, whom: string): void {
    this.screen.say()
    this.screen.say(`${paint('bold', oneLine(request.question, 1_000))}${untilWhen(request)}`)
    this.remark(`Waiting for ${whom}.`)
    this.moved(this.percent, `waiting for ${whom}`)
  }

  answered({ stepId, answer }: OpenRequest, typed: string | undefined): void {
    // Only what was read from words is worth repeating: "12k" was understood as 12,000.
    const isWords = answer?.type === 'number' || answer?.type === 'date'
    const words = isWords && typed !== undefined ? typed.trim() : ''
    // A form is repeated as a whole: its fields were said in words, too.
    const said = answer?.type === 'form' ? 'the fields' : words
    this.own.set(stepId, [...(this.own.get(stepId) ?? []), said])
  }

  ended({ status, error }: Instance, saved: string[]): void {
    this.screen.rest()
    this.screen.say()
    if (status === 'completed') this.screen.say(paint('green', '✔ Done.'))
    if (status === 'cancelled') this.screen.say(paint('yellow', 'The run was cancelled.'))
    if (status === 'failed')
      for (const line of wrap(
        `✘ The run failed${this.wasTold(error) ? '.' : `: ${oneLine(error?.message ?? 'no reason was given', 2_000)}`}`,
        this.screen.columns,
      ))
        this.screen.say(paint('red', line))
    if (saved.length > 0) this.screen.say(saved.length === 1 ? 'The result:' : 'The results:')
    for (const path of saved) this.screen.say(`  ${path}`)
  }

  private moved(percent: number, label: string): void {
    this.percent = percent
    this.label = label
    this.screen.progress(percent, oneLine(this.label))
  }

  private hush(): void {
    this.live.clear()
    this.screen.writing('')
  }

  /** A stretch of the conversation, with where its words came from when that must be known. */
  private block(text: string, label: string | undefined): void {
    this.screen.say()
    this.screen.say(text)
    if (label) this.screen.say(paint('dim', `— ${oneLine(label)}`))
  }

  private echo(text: string, stepId: string | undefined): void {
    const typed = stepId === undefined ? undefined : this.own.get(stepId)?.shift()
    if (typed !== undefined) {
      if (typed !== '' && typed !== text) this.remark(`Understood: ${oneLine(text)}`)
      return
    }
    // Answered beforehand, before we came, or by somebody else: the question was not on this screen.
    const question = stepId === undefined ? undefined : this.questions.get(stepId)
    const said = `${paint('cyan', '›')} ${renderMarkdown(text, this.screen.columns - 2)}`
    this.block(
      question === undefined ? said : `${renderMarkdown(question, this.screen.columns)}\n${said}`,
      undefined,
    )
  }

  private tellFailure(): void {
    const { failure } = this
    this.failure = undefined
    if (!failure) return
    // That of a step around one whose failure was told already says nothing new.
    if ([...this.failuresTold].some((told) => told !== failure.message && failure.message.includes(told)))
      return
    this.failuresTold.add(failure.message)
    this.warn(failure.text)
  }

  private wasTold(error: Instance['error']): boolean {
    return error !== null && [...this.failuresTold].some((message) => error.message.includes(message))
  }

  private warn(text: string): void {
    for (const line of wrap(text, this.screen.columns)) this.screen.say(paint('yellow', line))
  }
}
