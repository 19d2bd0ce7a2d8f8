import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type AnswerKind, type AnswerValue, describeAnswer } from '../../shared/contract/answer.ts'
import { apply, emptyView, type InstanceStatus, type JournalEvent } from '../../shared/contract/journal.ts'
import type { Person } from '../../shared/contract/person.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'

/** What a run does, told with the run's own verbs. */
export type Story = (run: StubRun) => Promise<void>

interface Reply {
  value?: unknown
  decision?: string
  comment?: string
  edited?: string
  by: { userId: string; name: string }
}

type Unsent = JournalEvent extends infer E ? (E extends JournalEvent ? E : never) : never

/** One run of the stub: a journal with its streams, and a story that writes it. */
export class StubRun {
  readonly instanceUuid = randomUUID()
  readonly input: unknown
  private readonly startedAt = new Date().toISOString()
  private readonly journal: { id: number; event: string; data: Record<string, unknown> }[] = []
  private readonly streams = new Set<ServerResponse>()
  private readonly answered: Record<string, unknown>[] = []
  private readonly replies = new Map<string, (reply: Reply) => void>()
  private state = emptyView
  private readonly watched = Promise.withResolvers<void>()
  readonly workflowId: string
  private readonly workflowName: string
  private readonly startedBy: Person

  constructor(workflowId: string, workflowName: string, startedBy: Person, input: unknown) {
    this.workflowId = workflowId
    this.workflowName = workflowName
    this.startedBy = startedBy
    this.input = input
  }

  get isOver(): boolean {
    return this.state.finishedAt !== null
  }

  play(story: Story): void {
    this.tell({ event: 'instanceStarted', title: this.workflowName, status: 'running' })
    this.goOn(story)
  }

  /** Taken up again after a failure. */
  retry(story: Story): void {
    this.tell({ event: 'instanceStarted', title: this.workflowName, status: 'running', retry: 1 })
    this.goOn(story)
  }

  private goOn(story: Story): void {
    story(this).then(
      () => this.finish('completed'),
      (error: unknown) => this.finish('failed', { code: 'Internal', message: (error as Error).message }),
    )
  }

  /** A durable event. */
  tell(entry: Unsent): void {
    const at = new Date().toISOString()
    this.state = apply(this.state, { ...entry, at } as JournalEvent & { at: string }, this.instanceUuid)
    const { event, ...data } = entry
    const line = {
      id: this.journal.length + 1,
      event,
      data: { ...data, at, channel: 'CHAT_WORKFLOW_RESPONSE', instanceUuid: this.instanceUuid },
    }
    this.journal.push(line)
    for (const stream of this.streams) stream.write(asText(line))
  }

  say(text: string, more: { label?: string } = {}): void {
    this.tell({
      event: 'message',
      messageId: randomUUID(),
      role: 'assistant',
      text,
      attachments: [],
      ...more,
    })
  }

  progress(percent: number, label: string): void {
    this.tell({ event: 'progress', percent, label })
  }

  /** Shows a text as it is being written, in pieces, once somebody looks. */
  async write(text: string, pieceMs = 20): Promise<void> {
    await this.watched.promise
    const messageId = randomUUID()
    const shared = { messageId, path: 'draft', attempt: 1 }
    for (let offset = 0; offset < text.length; offset += 12) {
      const line = {
        event: 'messageDelta',
        data: { ...shared, offset, text: text.slice(offset, offset + 12), instanceUuid: this.instanceUuid },
      }
      for (const stream of this.streams) stream.write(asText(line))
      await sleep(pieceMs)
    }
  }

  /** Asks, and goes on with the value once somebody answered. */
  async ask(stepId: string, question: string, answer: AnswerKind): Promise<unknown> {
    const asked = { kind: 'answer' as const, stepId, path: stepId, question, answer }
    const { value, by, requestId } = await this.open(asked)
    if (answer.type !== 'file') {
      const text = describeAnswer(value as AnswerValue, answer, 'UTC')
      this.tell({ event: 'message', messageId: randomUUID(), role: 'user', text, attachments: [], stepId })
    }
    this.answered.push({
      ...asked,
      requestId,
      instanceUuid: this.instanceUuid,
      value,
      outcome: 'answered',
      canRewind: true,
    })
    this.close('answer', 'answered', by, { requestId })
    return value
  }

  /** Asks again under the same id, with the reason why what came did not fit after all. */
  async askAgain(reason: string): Promise<unknown> {
    const { instanceUuid: _, ...request } = this.last as OpenRequest
    const { value, by, requestId } = await this.open({ ...request, reason })
    this.close('answer', 'answered', by, { requestId })
    return value
  }

  async approve(
    stepId: string,
    question: string,
    text: string,
    more: Partial<OpenRequest> = {},
  ): Promise<Reply> {
    const reply = await this.open({
      kind: 'approval',
      stepId,
      path: stepId,
      question,
      artifact: { text },
      approvers: { users: [this.startedBy.userId] },
      editAllowed: true,
      changesAllowed: true,
      ...more,
    })
    const outcome =
      { approve: 'approved', reject: 'rejected', changes: 'changes' }[reply.decision ?? ''] ?? 'approved'
    this.close('approval', outcome, reply.by, reply)
    return reply
  }

  asset(fileId: string, name: string): void {
    this.tell({ event: 'asset', fileId, name, mediaType: 'text/plain', bytes: 5 })
  }

  finish(status: 'completed' | 'failed' | 'cancelled', error?: { code: string; message: string }): void {
    if (!this.isOver) this.tell({ event: 'instanceFinished', status, ...(error ? { error } : {}) })
  }

  reply(requestId: string, reply: Reply): void {
    this.replies.get(requestId)?.(reply)
    this.replies.delete(requestId)
  }

  card() {
    const { percent, requests: _, assets: __, output: ___, error: ____, ...rest } = this.state
    return {
      ...rest,
      startedAt: this.startedAt,
      instanceUuid: this.instanceUuid,
      kind: 'run',
      workflowId: this.workflowId,
      workflowName: this.workflowName,
      version: 1,
      chatSessionId: null,
      parentInstanceUuid: null,
      status: this.state.status as InstanceStatus,
      progress: percent,
      startedBy: this.startedBy,
    }
  }

  view() {
    const { requests, assets, output, error } = this.state
    return {
      ...this.card(),
      requests,
      assets,
      output,
      error,
      messages: [],
      actions: this.actions(),
      href: `/runs/${this.instanceUuid}`,
      temporal: { workflowId: 'w', runId: null, url: null },
    }
  }

  /** What was asked and answered. */
  asked() {
    return this.answered
  }

  private actions(): string[] {
    const { status, finishedAt } = this.state
    return [
      ...(finishedAt ? [] : ['cancel']),
      ...(status === 'failed' ? ['retry'] : []),
      ...(this.answered.length > 0 ? ['rewind'] : []),
      'export',
    ]
  }

  addStream(response: ServerResponse, after: number): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' })
    response.write('retry: 50\n\n')
    for (const line of this.journal.filter(({ id }) => id > after)) response.write(asText(line))
    this.streams.add(response)
    this.watched.resolve()
    response.on('close', () => this.streams.delete(response))
  }

  get streamCount(): number {
    return this.streams.size
  }

  /** Cuts every stream in the middle of an event. */
  dropStreams(): void {
    for (const stream of this.streams) {
      stream.write('id: 9999\nevent: message\ndata: {"half":')
      stream.destroy()
    }
    this.streams.clear()
  }

  forgetStreams(): void {
    for (const stream of this.streams) stream.destroy()
    this.streams.clear()
  }

  private last: OpenRequest | undefined

  private open(
    given: Partial<OpenRequest> & Pick<OpenRequest, 'kind' | 'stepId' | 'path' | 'question'>,
  ): Promise<Reply & { requestId: string }> {
    const request = { requestId: randomUUID(), openedAt: new Date().toISOString(), ...given }
    this.last = { ...request, instanceUuid: this.instanceUuid }
    const { promise, resolve } = Promise.withResolvers<Reply>()
    this.replies.set(request.requestId, resolve)
    this.tell({ event: 'requestOpened', ...request } as Unsent)
    return promise.then((reply) => ({ ...reply, requestId: request.requestId }))
  }

  private close(
    kind: string,
    outcome: string,
    by: Reply['by'],
    { requestId, comment }: { requestId: string; comment?: string },
  ): void {
    this.tell({
      event: 'requestClosed',
      requestId,
      kind,
      outcome,
      by: { userId: by.userId, name: by.name },
      ...(comment ? { comment } : {}),
    })
  }
}

const asText = ({ id, event, data }: { id?: number; event: string; data: unknown }): string =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
