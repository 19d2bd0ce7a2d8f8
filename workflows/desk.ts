import { type AnswerKind, readAnswer } from '../shared/contract/answer.ts'
import { Refusal } from '../shared/contract/errors.ts'
import { type AskForPerson, PersonLeft } from '../shared/contract/handoff.ts'
import type { Json } from '../shared/contract/json.ts'
import type { AnswerInput, DecideInput } from '../shared/contract/messages.ts'
import type { Person } from '../shared/contract/person.ts'
import { mayDecide, type OpenRequest } from '../shared/contract/request.ts'
import { Handoffs, type HandoffsSnapshot } from './handoffs.ts'
import { Lending } from './lending.ts'
import type { Miss, Refused, Reply, Said } from './reply.ts'

/** The desk as plain JSON: an execution hands it over to the next one. */
export interface DeskSnapshot {
  open: OpenRequest[]
  replies: [requestId: string, Reply][]
  refusals: Refused[]
  misses: [requestId: string, Miss[]][]
  decided: [requestId: string, Decided][]
  ahead?: AnswerAhead
  teams?: [name: string, members: string[]][]
  handoffs?: HandoffsSnapshot
  asks?: AskForPerson[]
  personsLeft?: PersonLeft[]
}

/** An answer that was given before its question is open. */
interface AnswerAhead {
  path: string
  given: AnswerInput
}

/** Decisions that are remembered, over the turns of a conversation. */
const mostDecided = 200

interface Decided {
  by: Person
  at: string
}

/**
 * Where requests lie open and people's replies come in. Everything here is synchronous and changes plain data, so two
 * decisions in one workflow task see each other, and a validator gives the same verdict as the handler after it.
 */
export class Desk {
  readonly open = new Map<string, OpenRequest>()
  readonly replies = new Map<string, Reply>()
  /** Who was in the teams that are asked for, when they were asked. */
  readonly teams = new Map<string, string[]>()
  readonly handoffs: Handoffs
  readonly lending = new Lending()
  /** Of an action: what became of the persons it asked for, by path. */
  readonly personsLeft = new Map<string, PersonLeft>()
  private readonly refusals: Refused[] = []
  private readonly misses = new Map<string, Miss[]>()
  /** Who decided what is closed by now, for whoever comes second. */
  private readonly decided = new Map<string, Decided>()
  private ahead: AnswerAhead | undefined
  private raised = 0
  private readonly now: () => string
  private readonly timeZone: () => string

  constructor(now: () => string, timeZone: () => string) {
    this.now = now
    this.timeZone = timeZone
    this.handoffs = new Handoffs(now, (by) => this.known(by))
  }

  /** Lays out what another execution handed over, behind what has come for this one already. */
  layOut({
    open,
    replies,
    refusals,
    misses,
    decided,
    ahead,
    teams = [],
    handoffs = [],
    asks = [],
    personsLeft = [],
  }: DeskSnapshot): void {
    this.ahead = ahead
    this.lending.layOut(asks)
    for (const left of personsLeft) this.personsLeft.set(left.path, left)
    for (const [name, members] of teams) this.teams.set(name, members)
    this.handoffs.layOut(handoffs)
    for (const request of open) this.open.set(request.requestId, request)
    for (const [requestId, reply] of replies) this.replies.set(requestId, reply)
    for (const [requestId, reasons] of misses) this.misses.set(requestId, reasons)
    for (const [requestId, who] of decided) this.decided.set(requestId, who)
    this.refusals.unshift(...refusals)
  }

  get snapshot(): DeskSnapshot {
    return {
      open: [...this.open.values()],
      replies: [...this.replies],
      refusals: this.refusals,
      misses: [...this.misses],
      decided: [...this.decided],
      ...(this.ahead ? { ahead: this.ahead } : {}),
      ...(this.teams.size > 0 ? { teams: [...this.teams] } : {}),
      ...(this.handoffs.isEmpty ? {} : { handoffs: this.handoffs.snapshot }),
      ...(this.lending.asks.length > 0 ? { asks: this.lending.asks } : {}),
      ...(this.personsLeft.size > 0 ? { personsLeft: [...this.personsLeft.values()] } : {}),
    }
  }

  /** A person with the teams that they act for, or were in when those were asked. */
  private known(by: Person): Person {
    const listed = [...this.teams].filter(([, members]) => members.includes(by.userId)).map(([name]) => name)
    return listed.length > 0 ? { ...by, teams: [...(by.teams ?? []), ...listed] } : by
  }

  /** Has an answer ready for the question that will be asked at a path. */
  answerAhead(path: string, given: AnswerInput): void {
    this.ahead = { path, given }
  }

  hearOfRaise(): void {
    this.raised++
  }

  /** How often it was said that a budget has room again. */
  get raises(): number {
    return this.raised
  }

  /** Lays a request out. An answer that is there already is taken, or refused, as if it came now. */
  lay(request: OpenRequest): void {
    const { requestId, path } = request
    this.open.set(requestId, request)
    if (this.ahead?.path !== path) return
    const given = { ...this.ahead.given, requestId }
    this.ahead = undefined
    try {
      this.replies.set(requestId, this.readAnswer(given).reply)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.refuse('answer', error, given)
    }
  }

  /** A person has left who came for this action, or nobody came. What does not fit changes nothing. */
  hearOfPerson(payload: unknown): void {
    const { data } = PersonLeft.safeParse(payload)
    if (data) this.personsLeft.set(data.path, data)
  }

  /** The reply an answer makes. @throws Refusal NotOpen, AnswerRefused */
  readAnswer(given: AnswerInput): { request: OpenRequest; reply: Reply } {
    const request = this.find(given.requestId, 'answer')
    const kind = request.answer as AnswerKind
    const by = given.by
    const at = this.now()
    if (kind.type === 'file') {
      const fileIds = given.fileIds ?? []
      const most = kind.maxFiles ?? 1
      if (fileIds.length === 0)
        throw new Refusal(
          'AnswerRefused',
          'This question asks for a file: upload it and answer with its fileIds.',
        )
      if (fileIds.length > most)
        throw new Refusal(
          'AnswerRefused',
          `At most ${most} ${most === 1 ? 'file is' : 'files are'} asked for, ${fileIds.length} came.`,
        )
      return { request, reply: { kind: 'answer', fileIds: [...new Set(fileIds)], by, at } }
    }
    if (given.value === undefined)
      throw new Refusal('AnswerRefused', 'This question asks for a value, not for files.')
    const read = readAnswer(given.value, kind, at, this.timeZone())
    if (!read.ok) throw new Refusal('AnswerRefused', read.reason)
    return { request, reply: { kind: 'answer', value: read.value as Json, by, at } }
  }

  /** The reply a decision makes. @throws Refusal NotOpen, AlreadyDecided, NotApprover, AnswerRefused */
  readDecision(given: DecideInput): { request: OpenRequest; reply: Reply } {
    const request = this.find(given.requestId, 'approval', 'budget')
    if (!mayDecide(request.approvers, this.known(given.by)))
      throw new Refusal('NotApprover', `${given.by.userId} is not an approver of this request.`)
    if (given.decision === 'changes' && !request.changesAllowed)
      throw new Refusal('AnswerRefused', `This ${request.kind} knows no changes: approve or reject.`)
    if (given.edited !== undefined && !request.editAllowed)
      throw new Refusal('AnswerRefused', 'The text of this approval may not be edited: leave "edited" out.')
    const { decision, comment, edited, by } = given
    return {
      request,
      reply: {
        kind: 'decision',
        decision,
        by,
        at: this.now(),
        ...(comment ? { comment } : {}),
        ...(edited === undefined ? {} : { edited }),
      },
    }
  }

  /** The request a message means: by its id, or the only open one of its kind that nobody has replied to. */
  private find(requestId: string | undefined, ...kinds: OpenRequest['kind'][]): OpenRequest {
    const [kind] = kinds
    if (requestId) {
      const request = this.open.get(requestId)
      const reply = this.replies.get(requestId)
      const decided = reply?.kind === 'decision' ? reply : this.decided.get(requestId)
      if (decided && kind === 'approval')
        throw new Refusal(
          'AlreadyDecided',
          `Decided already by ${decided.by.name ?? decided.by.userId} at ${decided.at}.`,
        )
      if (!request || reply || !kinds.includes(request.kind))
        throw new Refusal('NotOpen', `No open ${kind} has the id ${requestId}.`)
      return request
    }
    const waiting = [...this.open.values()].filter(
      (one) => kinds.includes(one.kind) && !this.replies.has(one.requestId),
    )
    const [only] = waiting
    if (!only) throw new Refusal('NotOpen', `No ${kind} is open in this run.`)
    if (waiting.length > 1)
      throw new Refusal('NotOpen', `${waiting.length} requests are open: say which by requestId.`)
    return only
  }

  /** Words said in a conversation while a question is open: they answer it, or cost an attempt. */
  hear(given: AnswerInput, said: Said): void {
    try {
      const { request, reply } = this.readAnswer(given)
      this.replies.set(request.requestId, { ...reply, said } as Reply)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.refuse('answer', error, given, said)
    }
  }

  /** A signal that was refused is noted; one that missed an open question costs an attempt, and it is asked again. */
  refuse(name: string, why: Refusal, given: AnswerInput | DecideInput | undefined, said?: Said): void {
    const { requestId, by } = given ?? {}
    this.refusals.push({
      name,
      reason: why.message,
      ...(requestId ? { requestId } : {}),
      ...(by ? { by } : {}),
    })
    if (why.code !== 'AnswerRefused' || name !== 'answer') return
    const { requestId: meant } = this.find(requestId, 'answer')
    const miss = { reason: why.message, ...(said ? { said } : {}) }
    this.misses.set(meant, [...(this.misses.get(meant) ?? []), miss])
  }

  get hasRefusals(): boolean {
    return this.refusals.length > 0
  }

  takeRefusals(): Refused[] {
    return this.refusals.splice(0)
  }

  missOf(requestId: string): ({ kind: 'miss' } & Miss) | undefined {
    const miss = this.misses.get(requestId)?.[0]
    return miss && { kind: 'miss', ...miss }
  }

  dropMiss(requestId: string): void {
    this.misses.set(requestId, (this.misses.get(requestId) ?? []).slice(1))
  }

  /** The pass is over: nobody waits for anything any more. Who decided what is still known to who comes late. */
  clear(): void {
    this.open.clear()
    this.replies.clear()
    this.misses.clear()
    this.teams.clear()
    this.handoffs.clear()
    this.lending.clear()
    for (const requestId of [...this.decided.keys()].slice(0, -mostDecided)) this.decided.delete(requestId)
  }

  /** Takes a request off the desk with the reply that closed it. */
  close(requestId: string): void {
    const reply = this.replies.get(requestId)
    if (reply?.kind === 'decision') this.decided.set(requestId, { by: reply.by, at: reply.at })
    this.replies.delete(requestId)
    this.misses.delete(requestId)
    this.open.delete(requestId)
  }
}
