import { setTimeout as pause } from 'node:timers/promises'
import { costOf, type Prices } from '../shared/contract/prices.ts'
import { type Amount, tellSpent } from '../shared/contract/spending.ts'
import { fail } from '../shared/temporal/failure.ts'
import type { Transaction } from '../storage/sql/database.ts'
import { findSurroundings, type Spender } from '../storage/sql/find-surroundings.ts'
import type { CallPlace } from '../storage/sql/record-call.ts'
import { release, reserve, settle } from '../storage/sql/reserve-budget.ts'
import type { Asker } from './call-model.ts'
import type { Deps } from './deps.ts'
import type { Embedded, Embeddings } from './providers/embeddings/port.ts'
import type { ModelReply, ModelRequest } from './providers/models/port.ts'

/** What a model may write in one call where a budget counts it: without a bound, nothing could be held for it. */
const mostWritten = 16_384
/** What the dearest picture takes, with all that its prompt may hold. */
const mostPainted = 10_000
/** Characters of a token, roughly. */
const charactersPerToken = 4
/** Milliseconds between two looks at whether the calls under way leave room. */
const lookEvery = 250

/** For whom a model is asked. */
type Asking = Pick<Asker, 'signal' | 'at' | 'around'> & { call: { run: Spender } }

/** Tokens, and what the model is called that takes them. */
interface Used {
  names: (string | undefined)[]
  tokensIn: number
  tokensOut: number
}

/** A call that budgets count: what to send, and what to do when its use is known. */
interface Counted<Request> {
  request: Request
  /** Puts down what it used, in the transaction that records it; nothing where no budget counts it. */
  settle: ((tx: Transaction, used: Used) => Promise<void>) | undefined
}

/**
 * Makes a call of a model within its run's budgets: room for the worst is held before, and given back when it fails.
 * While calls under way may use what is left, it waits for them. @throws BudgetSpent
 */
async function within<Request, Reply>(
  { db, prices }: Pick<Deps, 'db' | 'prices'>,
  { call: { run }, around, signal, at }: Asking,
  place: CallPlace,
  { names, tokensIn, tokensOut }: Used,
  make: (bounded: boolean, settle: Counted<Request>['settle']) => Promise<Reply>,
): Promise<Reply> {
  const { budgets } = await (around?.() ?? findSurroundings(db, run))
  if (budgets.length === 0) return make(false, undefined)
  const wanted = {
    least: amountOf(prices, { names, tokensIn, tokensOut: 0 }),
    most: amountOf(prices, { names, tokensIn, tokensOut }),
  }
  for (;;) {
    const verdict = await reserve(db, budgets, place, wanted)
    if (verdict.kind === 'spent')
      throw fail('BudgetSpent', tellSpent(verdict.spent), { details: [verdict.spent] })
    if (verdict.kind === 'wait') {
      at('waiting for the budget')
      await pause(lookEvery, undefined, { signal })
      continue
    }
    const { reservation } = verdict
    try {
      return await make(true, (tx, used) => settle(tx, reservation, amountOf(prices, used)))
    } catch (error) {
      // If not now, then when it expires.
      await release(db, reservation).catch(() => {})
      throw error
    }
  }
}

const amountOf = (prices: Prices, used: Used): Amount => ({
  tokens: used.tokensIn + used.tokensOut,
  cost: costOf(prices, used),
})

/** A text within its run's budgets. */
export function writeWithinBudget(
  deps: Pick<Deps, 'db' | 'prices' | 'models'>,
  asker: Asker,
  place: CallPlace,
  request: ModelRequest,
  make: (
    request: ModelRequest,
    settle: ((tx: Transaction, reply: ModelReply) => Promise<void>) | undefined,
  ) => Promise<ModelReply>,
): Promise<ModelReply> {
  const names = [request.model ?? deps.models.model]
  const wanted = { names, tokensIn: tokensOf(request), tokensOut: mostWritten }
  return within(deps, asker, place, wanted, (bounded, settle) =>
    make(
      bounded ? { ...request, maxTokens: mostWritten } : request,
      settle && ((tx, reply) => settle(tx, { names: [reply.model, ...names], ...usedBy(request, reply) })),
    ),
  )
}

/** A picture within its run's budgets. */
export function paintWithinBudget<Reply>(
  deps: Pick<Deps, 'db' | 'prices' | 'images'>,
  asker: Asker,
  place: CallPlace,
  prompt: string,
  make: (settle: ((tx: Transaction, used: Used) => Promise<void>) | undefined) => Promise<Reply>,
): Promise<Reply> {
  const wanted = { names: [deps.images.model], tokensIn: tokensOf(prompt), tokensOut: mostPainted }
  return within(deps, asker, place, wanted, (_, settle) => make(settle))
}

/** Vectors of texts within budgets; `record` puts down what they took. @throws BudgetSpent */
export function embedWithinBudget(
  deps: Pick<Deps, 'db' | 'prices'> & { embeddings: Embeddings },
  asking: Asking,
  place: CallPlace,
  texts: string[],
  record: (embedded: Embedded, settle: ((tx: Transaction) => Promise<void>) | undefined) => Promise<void>,
): Promise<Embedded> {
  const { embeddings, db, prices } = deps
  const names = [embeddings.model]
  const estimate = texts.reduce((all, text) => all + tokensOf(text), 0)
  const wanted = { names, tokensIn: estimate, tokensOut: 0 }
  return within({ db, prices }, asking, place, wanted, async (_, settle) => {
    const embedded = await embeddings.embed(texts, { signal: asking.signal })
    asking.signal.throwIfAborted()
    // Some servers do not count.
    const counted = { ...embedded, tokensIn: embedded.tokensIn || estimate }
    await record(counted, settle && ((tx) => settle(tx, { names, tokensIn: counted.tokensIn, tokensOut: 0 })))
    return counted
  })
}

const tokensOf = (said: unknown): number => Math.ceil(JSON.stringify(said).length / charactersPerToken)

/** What a call used, as the provider counted it; some servers do not count. */
export const usedBy = (request: ModelRequest, { tokensIn, tokensOut, text, calls }: ModelReply) =>
  tokensIn + tokensOut > 0
    ? { tokensIn, tokensOut }
    : { tokensIn: tokensOf(request), tokensOut: tokensOf([text, calls ?? []]) }
