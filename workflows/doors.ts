import { condition } from '@temporalio/workflow'
import type { z } from 'zod'
import {
  CancelTurnInput,
  EndInput,
  MessageInput,
  type MessageTaken,
  RemoveMessageInput,
} from '../shared/contract/chat.ts'
import { Refusal } from '../shared/contract/errors.ts'
import { kindOf } from '../shared/temporal/failure.ts'
import { orFailure } from './receive.ts'
import type { Session } from './session.ts'

/** The doors of a conversation, beside those for answers and decisions. */
export const openDoors = (session: Session, countUpdate: () => void) => {
  const message = (payload: unknown) => parse(MessageInput, payload)
  /** The first message comes before the definition is known. */
  const ready = () => condition(() => session.definition !== undefined || session.fault !== undefined)
  const refused = (name: string, error: unknown) => {
    const { code, message: reason } = kindOf(error) ?? { code: 'Invalid', message: String(error) }
    session.desk.refuse(name, new Refusal(code, reason), undefined)
  }
  return {
    message: {
      validate: (payload: unknown) => orFailure(() => session.verdictOn(message(payload))),
      update: async (payload: unknown): Promise<MessageTaken> => {
        countUpdate()
        await ready()
        if (session.fault) throw session.fault
        await session.refresh?.()
        return orFailure(() => session.take(message(payload)))
      },
      signal: async (payload: unknown): Promise<void> => {
        await ready()
        try {
          await session.refresh?.()
          session.take(message(payload))
        } catch (error) {
          refused('message', error)
        }
      },
    },
    removeMessage: (payload: unknown) => {
      countUpdate()
      return orFailure(() => session.remove(parse(RemoveMessageInput, payload).messageId))
    },
    cancelTurn: (payload: unknown) => {
      countUpdate()
      return orFailure(() => session.cancel(parse(CancelTurnInput, payload ?? {}).instanceUuid))
    },
    end: {
      update: (payload: unknown) => {
        countUpdate()
        return orFailure(() => session.end(parse(EndInput, payload ?? {}).reason ?? 'ended'))
      },
      signal: (payload: unknown) => {
        try {
          session.end(parse(EndInput, payload ?? {}).reason ?? 'ended')
        } catch (error) {
          refused('end', error)
        }
      },
    },
  }
}

/** @throws Refusal with the first thing that does not fit; the contract's own words stand alone */
function parse<T>(schema: z.ZodType<T>, payload: unknown): T {
  const parsed = schema.safeParse(payload)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const path = issue?.path.join('.') ?? ''
  const isContractual = path === '' || issue?.message.startsWith('Invalid UUID string')
  throw new Refusal(
    'Invalid',
    isContractual ? (issue?.message ?? 'it does not fit') : `${path}: ${issue?.message ?? 'does not fit'}`,
  )
}
