import type { ParleyHttp } from '../client/http.ts'

/** A person's page: hears the events of a conversation over HTTP, as they come. */
export interface Reader {
  /** When the first piece of the reply of this turn came, by `performance.now()`. */
  firstWord(instanceUuid: string): Promise<number>
  /** How the turn ended. */
  ended(instanceUuid: string): Promise<string>
  close(): void
}

interface Turn {
  word: PromiseWithResolvers<number>
  end: PromiseWithResolvers<string>
}

const patience = 60_000

export function openReader(parley: ParleyHttp, chatSessionId: string): Reader {
  const over = new AbortController()
  const turns = new Map<string, Turn>()
  const turnOf = (instanceUuid: string): Turn => {
    const turn = turns.get(instanceUuid) ?? {
      word: Promise.withResolvers<number>(),
      end: Promise.withResolvers<string>(),
    }
    turns.set(instanceUuid, turn)
    return turn
  }
  const read = async () => {
    for await (const { event, data } of parley.sessionEvents(chatSessionId, { signal: over.signal })) {
      if (event === 'messageDelta') turnOf(data.instanceUuid).word.resolve(performance.now())
      if (event === 'instanceFinished') turnOf(data.instanceUuid).end.resolve(data.status)
    }
  }
  // What it does not hear is missed by whoever waits for it.
  read().catch(() => {})
  return {
    firstWord: (instanceUuid) => inTime(turnOf(instanceUuid).word.promise, 'its first word'),
    ended: (instanceUuid) => inTime(turnOf(instanceUuid).end.promise, 'its end'),
    close: () => over.abort(),
  }
}

/** @throws when it does not come */
async function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`a reader of a turn did not hear ${what} within ${patience / 1_000} s`)),
    patience,
  )
  try {
    return await Promise.race([promise, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
