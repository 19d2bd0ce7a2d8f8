import { z } from 'zod'
import { Person } from '../person.ts'
import { OpenRequest } from '../request.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { anyone, Id, runtime, Scope, scopeParams } from './scope.ts'

/** A conversation that waits for a person of a team, or is with one. */
export const Handoff = OpenRequest.extend({
  team: z.string(),
  takenBy: Person.nullable(),
  chatSessionId: Id,
  workflowId: Id,
  workflowName: z.string(),
  startedBy: Person.nullable(),
}).meta({ id: 'Handoff' })
export type Handoff = z.infer<typeof Handoff>

export const HandoffMessageBody = z
  .strictObject({
    text: z.string().max(100_000).default(''),
    fileIds: z.array(Id).max(100).optional(),
  })
  .refine(({ text, fileIds = [] }) => text.trim() !== '' || fileIds.length > 0, 'text: say something')
export type HandoffMessageBody = z.infer<typeof HandoffMessageBody>

export const HandoffReturnBody = z.strictObject({
  /** For the steps that follow: `${step.note}`. */
  note: z.string().max(20_000).optional(),
})
export type HandoffReturnBody = z.infer<typeof HandoffReturnBody>

const HandoffParams = z.object({ ...scopeParams, requestId: Id })
const one = `${runtime}/handoffs/{requestId}` as const

export const handoffs = {
  list: route({
    name: 'listHandoffs',
    method: 'get',
    path: `${runtime}/handoffs`,
    tag: 'Handoffs',
    summary: 'Conversations that wait for a person of the caller’s teams, or are with one; for admins all',
    description: 'The oldest first. Its conversation can be read under `chatSessionId`.',
    access: anyone,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of handoffs', body: pageOf(Handoff) },
  }),
  take: route({
    name: 'takeHandoff',
    method: 'post',
    path: `${one}/take`,
    tag: 'Handoffs',
    summary: 'Takes a conversation: what its user says comes to the caller from now on',
    description: 'The first one has it; who took it already is told so again.',
    access: anyone,
    params: HandoffParams,
    reply: { status: 200, description: 'Taken', body: Handoff },
    problems: ['AlreadyTaken', 'NotOpen', 'NotRunning', 'Unavailable'],
    idempotent: true,
  }),
  say: route({
    name: 'sayInHandoff',
    method: 'post',
    path: `${one}/messages`,
    tag: 'Handoffs',
    summary: 'Says something to the user of a conversation that the caller has taken',
    access: anyone,
    params: HandoffParams,
    body: HandoffMessageBody,
    reply: {
      status: 200,
      description: 'Said',
      body: z.object({ requestId: Id, chatSessionId: Id, messageId: Id }),
    },
    problems: ['AlreadyTaken', 'Conflict', 'Invalid', 'NotOpen', 'NotRunning', 'Unavailable'],
    idempotent: true,
  }),
  return: route({
    name: 'returnHandoff',
    method: 'post',
    path: `${one}/return`,
    tag: 'Handoffs',
    summary: 'Hands a conversation back: its workflow goes on. Who took it does, or an admin',
    access: anyone,
    params: HandoffParams,
    body: HandoffReturnBody,
    reply: { status: 200, description: 'Handed back', body: z.object({ requestId: Id, chatSessionId: Id }) },
    problems: ['AlreadyTaken', 'Conflict', 'NotOpen', 'NotRunning', 'Unavailable'],
    idempotent: true,
  }),
}
