import type { FileValue } from '../shared/contract/file.ts'
import type { AnyStep } from '../shared/contract/step.ts'
import { beginEffect, effectState, handOverEffect, setEffect } from '../storage/sql/record-effect.ts'
import type { Deps } from './deps.ts'
import type { StepJob } from './step-activity.ts'

export interface MailOrder {
  to: string[]
  subject: string
  body: string
  files: FileValue[]
}

/**
 * Sends one mail of a step, once. Its key stands in SQL before anything is tried; a mail that may have been accepted
 * before a crash is not sent again, and the run log says so. `name` tells it from the step's other mails, the same way at
 * every attempt.
 */
export async function sendMail<S extends AnyStep>(
  deps: Deps,
  job: StepJob<S>,
  name: number | string,
  order: MailOrder,
): Promise<string> {
  const { run, label } = job.call
  const key = job.effectKey(`mail:${name}`)
  const state = await effectState(deps.db, run.workspaceId, key)
  const shown = `“${order.subject}” to ${order.to.join(', ')}`
  if (state === 'done') return `Mail ${shown}: sent before.`
  if (state === 'handedOver' && !deps.mailer.repeatable)
    return `Mail ${shown}: handed to the mail server, which could not confirm it before a crash. Not sent again; ask the recipient.`
  if (!state)
    await beginEffect(deps.db, {
      key,
      workspaceId: run.workspaceId,
      instanceUuid: run.instanceUuid,
      kind: 'mail',
    })
  job.at(`mail ${name}`)
  const attachments = await Promise.all(
    order.files.map(async (file) => ({
      ...file,
      content: await deps.assets.bytes({
        workspaceId: run.workspaceId,
        fileId: file.fileId,
        part: 'original',
      }),
    })),
  )
  const body = label
    ? `${order.body}\n\n---\n\n*${label}: written by Parley's built-in demo model.*`
    : order.body
  await deps.mailer.send(
    {
      workspaceId: run.workspaceId,
      appId: run.appId,
      instanceUuid: run.instanceUuid,
      to: order.to,
      subject: order.subject,
      body,
      attachments,
    },
    {
      key,
      signal: job.signal,
      onHandOver: () => handOverEffect(deps.db, run.workspaceId, key),
      onTurnedDown: () => setEffect(deps.db, run.workspaceId, key, 'begun'),
    },
  )
  await setEffect(deps.db, run.workspaceId, key, 'done')
  return `Mail ${shown}: sent.`
}
