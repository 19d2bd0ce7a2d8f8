import { isEmailAddress } from '../shared/contract/email-address.ts'
import { type FileValue, isFileValue } from '../shared/contract/file.ts'
import type { Settings } from '../shared/contract/settings.ts'
import type { Deliver } from '../shared/contract/steps/deliver.ts'
import { stringify } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { filesOfRun } from '../storage/sql/files-of-run.ts'
import { findMembers } from '../storage/sql/find-members.ts'
import type { Surroundings } from '../storage/sql/find-surroundings.ts'
import { putInLibrary } from '../storage/sql/put-in-library.ts'
import type { Deps } from './deps.ts'
import { renderValue } from './render-call.ts'
import { type MailOrder, sendMail } from './send-mail.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** Runs a `deliver` step: files to the Library or by e-mail, as the step or else the workspace's rules say. */
export const deliverFiles = (deps: Deps) =>
  stepActivity<Deliver, null, Surroundings>(
    deps,
    async (job, { settings, brand }) => {
      const files = await filesOf(deps, job)
      const plan = job.call.step.to
        ? statedPlan(job, files)
        : await rulePlan(deps, job, files, settings, brand.name)
      const logs: string[] = [...plan.notes]
      for (const [ordinal, order] of plan.mails.entries())
        logs.push(await sendMail(deps, job, ordinal, order))
      logs.push(...plan.library.map((file) => `“${file.name}” is in the Library.`))
      return {
        value: null,
        logs,
        input: { files: files.map(({ fileId, name }) => ({ fileId, name })) },
        store: (tx) =>
          putInLibrary(
            tx,
            job.call.run,
            plan.library.map(({ fileId }) => fileId),
          ),
      }
    },
    ({ around }) => around(),
  )

interface Plan {
  library: FileValue[]
  mails: MailOrder[]
  notes: string[]
}

async function filesOf(deps: Deps, { call }: StepJob<Deliver>): Promise<FileValue[]> {
  const named = [renderValue(call, call.step.files)].flat(3)
  const strange = named.find((one) => !isFileValue(one))
  if (strange !== undefined)
    throw fail(
      'DeliveryRefused',
      `"files" must name files, but ${stringify(strange).slice(0, 80) || 'nothing'} came: reference the result of a document or file step.`,
    )
  // Only files that the run may use leave it, whatever a value claims to be.
  const ids = (named as unknown as FileValue[]).map(({ fileId }) => fileId)
  const found = await filesOfRun(deps.db, call.run, [...new Set(ids)])
  const missing = ids.find((id) => !found.some(({ fileId }) => fileId === id))
  if (missing) throw fail('DeliveryRefused', `No file has the id ${missing}.`)
  return found
}

/** What the step itself says. */
function statedPlan({ call }: StepJob<Deliver>, files: FileValue[]): Plan {
  const plan: Plan = { library: [], mails: [], notes: [] }
  for (const one of call.step.to ?? []) {
    if (one === 'library') plan.library = files
    if (typeof one !== 'object') continue
    const to = [renderValue(call, one.email)].flat(2).map((address) => readAddress(stringify(address)))
    plan.mails.push({
      to,
      subject: oneLine(stringify(renderValue(call, one.subject))),
      body: stringify(renderValue(call, one.body)),
      files,
    })
  }
  return plan
}

/** What the workspace's rules say, by file type. Mail goes to who started the run; without an address the Library takes it. */
async function rulePlan(
  deps: Deps,
  { call }: StepJob<Deliver>,
  files: FileValue[],
  settings: Settings,
  from: string,
): Promise<Plan> {
  const ruleFor = ({ name }: FileValue) =>
    settings.delivery[name.split('.').at(-1)?.toLowerCase() ?? ''] ?? settings.delivery.default ?? 'library'
  const mailed = files.filter((file) => ruleFor(file) === 'email')
  const library = files.filter((file) => ruleFor(file) === 'library')
  if (mailed.length === 0) return { library, mails: [], notes: [] }
  const starter = call.run.startedBy?.userId
  const [member] = starter ? await findMembers(deps.db, call.run.workspaceId, { users: [starter] }) : []
  if (!member?.email)
    return {
      library: files,
      mails: [],
      notes: [
        'The workspace sends this type by e-mail, but who started the run has no address: put into the Library.',
      ],
    }
  const names = mailed.map(({ name }) => name).join(', ')
  return {
    library,
    mails: [
      {
        to: [member.email],
        subject: `${call.run.workflowName}: ${names}`,
        body: `Here is what you asked for: ${names}.\n\n${from}`,
        files: mailed,
      },
    ],
    notes: [],
  }
}

/** An address as mail servers take it; line breaks would start headers of their own. */
function readAddress(text: string): string {
  const address = text.trim()
  if (!isEmailAddress(address))
    throw fail('DeliveryRefused', `"${address.slice(0, 80)}" is no e-mail address.`)
  return address
}

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim().slice(0, 250)
