import type { Notify } from '../shared/contract/steps/notify.ts'
import { stringify } from '../shared/contract/template.ts'
import { addNotice } from '../storage/sql/add-notice.ts'
import { findMembers } from '../storage/sql/find-members.ts'
import type { Deps } from './deps.ts'
import { renderValue } from './render-call.ts'
import { sendMail } from './send-mail.ts'
import { stepActivity } from './step-activity.ts'

/** Runs a `notify` step: tells people in their inbox, by e-mail, or both. */
export const sendNotice = (deps: Deps) =>
  stepActivity<Notify, null>(deps, async (job) => {
    const { step, run } = job.call
    const users = (step.to.users ?? []).flatMap((user) => [renderValue(job.call, user)].flat()).map(stringify)
    const people = await findMembers(deps.db, run.workspaceId, {
      users,
      ...(step.to.role ? { role: step.to.role } : {}),
      ...(step.to.team ? { team: { appId: run.appId, name: step.to.team } } : {}),
    })
    const text = stringify(renderValue(job.call, step.text))
    const logs = users
      .filter((user) => !people.some(({ userId }) => userId === user))
      .map((user) => `${user} is no member of the workspace.`)
    if (step.by.includes('email')) {
      for (const person of people) {
        if (person.email)
          logs.push(
            // Not by number: who has the role may change between two attempts.
            await sendMail(deps, job, person.userId, {
              to: [person.email],
              subject: run.workflowName,
              body: text,
              files: [],
            }),
          )
        else logs.push(`${person.userId} has no e-mail address.`)
      }
    }
    return {
      value: null,
      logs,
      input: { text, to: people.map(({ userId }) => userId) },
      store: async (tx) => {
        if (!step.by.includes('inbox')) return
        for (const { userId } of people)
          await addNotice(tx, run, {
            userId,
            key: `${run.instanceUuid}:${job.call.path}`,
            kind: 'notice',
            text,
          })
      },
    }
  })
