import {
  isGrpcServiceError,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import type { ErrorRequestHandler, Request, Response } from 'express'
import type { Problem } from '../shared/contract/api/problem.ts'
import { errors, type InputProblem, Refusal } from '../shared/contract/errors.ts'
import { faultFields } from '../shared/log.ts'
import { kindOf } from '../shared/temporal/failure.ts'
import { outageOf } from '../storage/sql/outage.ts'

const retryAfter = (seconds: number) => ({ headers: { 'Retry-After': String(seconds) } })

/** What a thrown value means to a caller; undefined when it is a fault of ours. */
export function asRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  return fromHttp(error) ?? fromTemporal(error) ?? fromSystem(error)
}

/** Faults that Express and the body parser name by status. */
function fromHttp(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined
  if (error.status === 413) return new Refusal('TooLarge', 'a JSON body may have 1 MB')
  if (error.status === 415)
    return new Refusal('UnsupportedMediaType', 'send the body plain, as application/json in UTF-8')
  if (error instanceof URIError || error.status === 400)
    return new Refusal('Malformed', 'the address or the body cannot be decoded')
  return undefined
}

function fromTemporal(error: unknown): Refusal | undefined {
  if (error instanceof WorkflowUpdateFailedError) {
    const kind = kindOf(error)
    return kind
      ? new Refusal(kind.code, kind.message, errors[kind.code].status === 503 ? retryAfter(2) : {})
      : new Refusal('NotRunning', 'the run ended before it could take this')
  }
  if (error instanceof WorkflowNotFoundError) return new Refusal('NotRunning', 'the run has ended')
  const isBusy =
    error instanceof ServiceError ||
    error instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
    isGrpcServiceError(error)
  return isBusy
    ? new Refusal(
        'Unavailable',
        'the workflow engine does not answer right now; what was sent may have arrived: look, or repeat it with the same Idempotency-Key',
        retryAfter(2),
      )
    : undefined
}

function fromSystem(error: unknown): Refusal | undefined {
  const outage = outageOf(error)
  if (outage === 'full') return new Refusal('Full', 'there is no space left on the server', retryAfter(60))
  return (
    outage && new Refusal('Unavailable', 'the database does not answer right now: try again', retryAfter(2))
  )
}

/** A refusal may quote what came, but not a megabyte of it. */
const short = (text: string): string =>
  text.length <= 2_000 ? text : `${text.slice(0, 1_999).toWellFormed()}…`

/** The body of an error answer. */
export function problemOf(refusal: Refusal, requestId: string): Problem {
  const { status, title } = errors[refusal.code]
  return {
    type: `/docs/errors#${refusal.code}`,
    title,
    status,
    detail: short(refusal.message),
    code: refusal.code,
    requestId,
    ...(refusal.problems ? { errors: refusal.problems.slice(0, 200).map(plain) } : {}),
  }
}

const plain = (problem: InputProblem & { stepId?: string | undefined }) => ({
  path: short(problem.path),
  message: short(problem.message),
  ...(problem.stepId ? { stepId: problem.stepId } : {}),
})

export const requestIdOf = (req: Request): string => String(req.id)

export function sendProblem(req: Request, res: Response, refusal: Refusal): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  res
    .status(errors[refusal.code].status)
    .set({ ...refusal.headers, ...(refusal.code === 'Unauthorized' ? { 'WWW-Authenticate': 'Bearer' } : {}) })
    .type('application/problem+json')
    .send(JSON.stringify(problemOf(refusal, requestIdOf(req))))
}

/** The one place where a thrown value becomes an answer. What nobody foresaw is logged, and shown as nothing but its request id. */
export const answerErrors: ErrorRequestHandler = (error, req, res, _next) => {
  const refusal = asRefusal(error)
  if (!refusal) req.log.error(faultFields(error), 'unforeseen')
  else if (errors[refusal.code].status >= 500)
    req.log.warn({ ...faultFields(error), refused: refusal.code }, 'not available')
  sendProblem(
    req,
    res,
    refusal ??
      new Refusal('Internal', 'something went wrong on our side; the request id finds it in the logs'),
  )
}
