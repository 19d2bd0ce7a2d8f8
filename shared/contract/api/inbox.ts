import { z } from 'zod'
import { FileValue } from '../file.ts'
import { Person } from '../person.ts'
import { OpenRequest } from '../request.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { anyone, Id, runtime, Scope, scopeParams, Time } from './scope.ts'

/** Something a person is told outside of the conversation. */
export const Notice = z
  .object({
    id: Id,
    kind: z.string(),
    text: z.string(),
    instanceUuid: Id.nullable(),
    fileId: Id.nullable(),
    href: z.string().nullable(),
    createdAt: Time,
    readAt: Time.nullable(),
  })
  .meta({ id: 'Notice' })
export type Notice = z.infer<typeof Notice>

/** An open approval, with the run it belongs to. A text of more than 4,000 characters is cut: the run's page has it whole. */
export const OpenApproval = OpenRequest.extend({
  workflowId: Id,
  workflowName: z.string(),
  startedBy: Person.nullable(),
}).meta({ id: 'OpenApproval' })
export type OpenApproval = z.infer<typeof OpenApproval>

/** A mail of the embedded mailbox. */
export const Mail = z
  .object({
    mailId: Id,
    instanceUuid: Id.nullable(),
    from: z.string(),
    to: z.array(z.string()),
    subject: z.string(),
    text: z.string(),
    attachments: z.array(FileValue),
    createdAt: Time,
  })
  .meta({ id: 'Mail' })
export type Mail = z.infer<typeof Mail>

export const inbox = {
  list: route({
    name: 'listNotices',
    method: 'get',
    path: `${runtime}/inbox`,
    tag: 'Inbox',
    summary: 'Notices for the caller, newest first',
    access: anyone,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of notices', body: pageOf(Notice) },
  }),
  read: route({
    name: 'readNotice',
    method: 'post',
    path: `${runtime}/inbox/{id}/read`,
    tag: 'Inbox',
    summary: 'Marks a notice as read; again changes nothing',
    access: anyone,
    params: z.object({ ...scopeParams, id: Id }),
    reply: { status: 200, description: 'The notice', body: Notice },
    idempotent: true,
  }),
}

export const approvals = {
  list: route({
    name: 'listApprovals',
    method: 'get',
    path: `${runtime}/approvals`,
    tag: 'Inbox',
    summary:
      'Open approvals that the caller may decide, the oldest first. A text of more than 4,000 characters is `truncated`: the instance has it whole',
    access: anyone,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of approvals', body: pageOf(OpenApproval) },
  }),
}

export const mailbox = {
  list: route({
    name: 'listMails',
    method: 'get',
    path: `${runtime}/mailbox`,
    tag: 'Inbox',
    summary: 'Mails of the embedded mailbox, newest first: of the runs the caller started, for admins all',
    access: anyone,
    params: Scope,
    query: z.object(pageQuery),
    reply: { status: 200, description: 'A page of mails', body: pageOf(Mail) },
  }),
}
