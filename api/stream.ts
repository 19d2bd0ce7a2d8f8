import type { Request, Response } from 'express'
import { StreamQuery } from '../shared/contract/api/instances.ts'
import { type Caller, isAdmin } from '../shared/contract/api/scope.ts'
import { findInstance, type InstanceRow } from '../storage/sql/find-instance.ts'
import { findSpan } from '../storage/sql/find-span.ts'
import type { SessionRow } from '../storage/sql/lock-session.ts'
import type { Deps } from './deps.ts'
import type { AppSignal, DeltaSignal, ResetSignal, StreamReader } from './live-hub.ts'
import { parsePart } from './parse.ts'

const channel = 'CHAT_WORKFLOW_RESPONSE'
/**
 * `room`: bytes that may wait for a reader; who leaves more waits for them to be taken, and gets the rest from SQL.
 * `patience`: milliseconds in which they must be taken; then the reader is dropped, and goes on from its last id when
 * it comes back.
 */
export const streamLimits = { beat: 15_000, room: 256_000, patience: 30_000 }

/** Open event streams of this process, so that a shutdown can end them. */
const open = new Set<EventStream>()

/** How many readers this process has. */
export const countStreams = (): number => open.size

/** Ends every stream, and asks its reader to come back after the given time. */
export function endStreams(retryAfter: number): void {
  for (const stream of [...open]) stream.end(retryAfter)
}

/** The request that a stream answers. */
export interface Opened {
  req: Request
  res: Response
  isAdmitted(): Promise<boolean>
}

/** One response as a stream of server-sent events. */
export class EventStream {
  private readonly res: Response
  private readonly beat: NodeJS.Timeout
  private readonly atEnd = new Set<() => void>()

  /** `isAdmitted` is asked with every beat: a withdrawn key ends what it opened. */
  constructor(res: Response, isAdmitted: () => Promise<boolean>) {
    this.res = res
    res.status(200).set({
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-cache, no-transform',
      'X-Accel-Buffering': 'no',
    })
    res.flushHeaders()
    res.write(': open\n\n')
    this.beat = setInterval(() => {
      this.write(': beat\n\n')
      void isAdmitted().then((yes) => yes || this.res.destroy())
    }, streamLimits.beat)
    open.add(this)
    res.on('close', () => this.dispose())
    res.on('error', () => this.dispose())
  }

  get isClosed(): boolean {
    return this.res.destroyed || this.res.writableEnded
  }

  whenClosed(act: () => void): undefined {
    if (this.isClosed) act()
    else this.atEnd.add(act)
  }

  isFull(): boolean {
    return this.res.writableLength > streamLimits.room
  }

  /** Resolves when the reader has taken what waits for it, or is gone. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.fail(), streamLimits.patience)
      const done = () => {
        clearTimeout(timer)
        this.res.off('drain', done)
        this.atEnd.delete(done)
        resolve()
      }
      this.res.once('drain', done)
      this.whenClosed(done)
    })
  }

  fail(): void {
    this.res.destroy()
  }

  send(event: string, data: object, id?: number): void {
    this.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
  }

  end(retryAfter: number): undefined {
    if (!this.isClosed) this.res.end(`retry: ${retryAfter}\n\n`)
    this.dispose()
  }

  private write(text: string): void {
    if (this.isClosed) return
    this.res.write(text)
  }

  private dispose(): void {
    clearInterval(this.beat)
    open.delete(this)
    for (const act of [...this.atEnd]) act()
    this.atEnd.clear()
  }
}

/** Where a reader goes on: after the last event it has, by header or by query. */
function startOf(req: Request, after: number | undefined): number {
  const given = req.headers['last-event-id']
  if (typeof given !== 'string' || given.trim() === '') return after ?? 0
  return parsePart(StreamQuery, { after: given }, 'Malformed').after ?? 0
}

/** The events of one run or turn: what is kept, from where the reader has it, then what comes. */
export async function streamInstance(
  deps: Deps,
  run: InstanceRow,
  after: number | undefined,
  { req, res, isAdmitted }: Opened,
): Promise<undefined> {
  const start = startOf(req, after)
  const { workspaceId, chatSessionId, instanceUuid } = run
  const span = chatSessionId ? await findSpan(deps.db, workspaceId, chatSessionId, instanceUuid) : undefined
  const stream = new EventStream(res, isAdmitted)
  if (req.method === 'HEAD') return stream.end(0)
  const all = readerOf(stream, chatSessionId)
  if (!span || !chatSessionId) return stream.whenClosed(deps.live.read(workspaceId, instanceUuid, start, all))
  const reader = turnOnly(all, run, span.last === undefined || span.last > start)
  stream.whenClosed(deps.live.read(workspaceId, chatSessionId, Math.max(start, span.first - 1), reader))
}

/** The events of a whole conversation: all its turns, in one sequence. */
export function streamSession(
  deps: Deps,
  { workspaceId, chatSessionId }: SessionRow,
  after: number | undefined,
  { req, res, isAdmitted }: Opened,
): undefined {
  const start = startOf(req, after)
  const stream = new EventStream(res, isAdmitted)
  if (req.method === 'HEAD') return stream.end(0)
  stream.whenClosed(deps.live.read(workspaceId, chatSessionId, start, readerOf(stream, chatSessionId)))
}

/**
 * Passes on what belongs to one turn of a session's stream. Turns follow each other, so from its beginning to its end
 * everything does but what is the session's own: also what a subworkflow asks.
 */
function turnOnly(
  reader: StreamReader,
  { instanceUuid, chatSessionId }: InstanceRow,
  isOpen: boolean,
): StreamReader {
  let isUnderWay = isOpen
  return {
    ...reader,
    row: (row) => {
      if (isUnderWay && row.instanceUuid !== chatSessionId) reader.row(row)
      if (row.event === 'instanceFinished' && row.instanceUuid === instanceUuid) isUnderWay = false
    },
    piece: (signal) => {
      if (signal.instanceUuid === instanceUuid) reader.piece(signal)
    },
    live: (texts) => reader.live(texts.filter((text) => text.instanceUuid === instanceUuid)),
  }
}

/** For the run log, or for the workflow itself; a trigger's words stand in them, which are not shown. */
const internal = new Set(['turnOpened', 'variablesSet', 'sessionStarted'])

/** Entries that hold something which is not every reader's business. */
const untold = new Set(['stepFinished', 'instanceStarted', 'requestOpened'])

/** Writes entries and pieces of texts as the contract says. */
function readerOf(stream: EventStream, chatSessionId: string | null): StreamReader {
  const about = (instanceUuid: string, at: Date) => ({
    channel,
    chatSessionId,
    instanceUuid,
    at: at.toISOString(),
  })
  const piece = ({ t, streamId: _, instanceUuid, ...fields }: DeltaSignal | ResetSignal) =>
    stream.send(t === 'delta' ? 'messageDelta' : 'reset', { ...about(instanceUuid, new Date()), ...fields })
  return {
    piece,
    row: ({ seq, event, instanceUuid, data, at }) => {
      if (internal.has(event)) return
      const { output: _, input: __, note: ___, ...told } = data
      // What a step gave and what a run was started with are for the log, what a team is told is for the team.
      const fields = untold.has(event) ? told : data
      stream.send(event, { ...about(instanceUuid, at), ...fields }, seq)
    },
    live: (texts) => {
      for (const { text, since: _, ...where } of texts) {
        piece({ t: 'reset', ...where })
        piece({ t: 'delta', ...where, offset: 0, text })
      }
    },
    isFull: () => stream.isFull(),
    drained: () => stream.drained(),
    fail: () => stream.fail(),
  }
}

/** What changes in everything the caller may see. Without ids: who comes back reads the lists again. */
export function streamApp(deps: Deps, caller: Caller, { req, res, isAdmitted }: Opened): undefined {
  const stream = new EventStream(res, isAdmitted)
  if (req.method === 'HEAD') return stream.end(0)
  const told = new Map<string, string>()
  const maySee = visibility(deps, caller)
  const tell = (signal: Extract<AppSignal, { t: 'journal' }>) => {
    const { instanceUuid, status, percent, streamId } = signal
    // What happens in a conversation outside of its turns.
    if (signal.isSession) return
    const state = `${status} ${percent}`
    if (told.get(instanceUuid) === state) return
    if (told.size > 10_000) told.clear()
    told.set(instanceUuid, state)
    stream.send('instanceChanged', {
      channel,
      chatSessionId: streamId === instanceUuid ? null : streamId,
      instanceUuid,
      at: new Date().toISOString(),
      status,
      progress: percent,
    })
  }
  const leave = deps.live.watch((signal) => {
    if (signal.workspaceId !== caller.workspaceId || signal.appId !== caller.appId) return
    if (stream.isFull()) return stream.fail()
    if (signal.t === 'notice') {
      if (signal.userId === caller.userId)
        stream.send('noticeAdded', { channel, at: new Date().toISOString() })
      return
    }
    const seen = maySee(signal)
    if (seen === true) tell(signal)
    else if (seen !== false) seen.then((yes) => yes && tell(signal)).catch(() => {})
  })
  stream.whenClosed(leave)
}

/** Own runs, for admins all; of others those that name the caller as an approver, which is asked when one begins to wait. */
function visibility(deps: Deps, caller: Caller) {
  const known = new Set<string>()
  return ({
    startedById,
    instanceUuid,
    status,
  }: Extract<AppSignal, { t: 'journal' }>): boolean | Promise<boolean> => {
    if (isAdmin(caller) || startedById === caller.userId || known.has(instanceUuid)) return true
    if (status !== 'waiting') return false
    return findInstance(deps.db, caller, instanceUuid).then((run) => {
      if (run) known.add(instanceUuid)
      return run !== undefined
    })
  }
}
