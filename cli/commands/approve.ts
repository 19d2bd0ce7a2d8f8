import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import type { Instance } from '../../client/http.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Context } from '../context.ts'
import { nameOf, shortId } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'
import { askDecision, type Decided } from '../prompts/ask-decision.ts'
import { cleanPath, pathProblem } from '../prompts/find-path.ts'
import { oneLine } from '../screen/plain.ts'
import { UsageError } from '../usage-error.ts'

/** Listed without its run at hand, an approval says which one it is. */
type Open = OpenRequest & Partial<Pick<Instance, 'workflowName' | 'startedBy'>>

interface ApproveOptions {
  yes?: boolean
  reject?: boolean
  changes?: boolean
  comment?: string
  edited?: string
  request?: string
}

export const approveCommand = (contextOf: () => Context): Command =>
  new Command('approve')
    .description('decide an approval that a run waits for; on a terminal you see it first')
    .argument(
      '[instance]',
      'the id of the run, or the beginning of it; without one you choose among the open ones',
    )
    .option('--yes', 'approve without being asked')
    .option('--reject', 'reject it')
    .option('--changes', 'ask for changes; say which with --comment')
    .option('--comment <text>', 'a word to the decision')
    .option('--edited <file>', 'approve with the text as it stands in this file')
    .option('--request <id>', 'which approval, when several are open')
    .action(async (given: string | undefined, options: ApproveOptions) => {
      const context = contextOf()
      const said = decisionOf(options)
      const { client, dialogue, json, print } = context
      const request = await wholeOf(await approvalOf(given, options.request, context), client)
      const decided =
        said ?? (dialogue ? await askDecision(request, new AbortController().signal, dialogue) : undefined)
      if (!decided)
        throw new UsageError(
          `Say what you decide: --yes, --reject or --changes${json ? '' : ' (there is no terminal to ask on)'}.`,
        )
      const answered = await client.decide(request.instanceUuid, { requestId: request.requestId, ...decided })
      print(
        [{ approve: 'Approved.', reject: 'Rejected.', changes: 'Changes requested.' }[decided.decision]],
        answered,
      )
    })

/** The decision that the options make; undefined when they leave it to be asked. */
function decisionOf({ yes, reject, changes, comment, edited }: ApproveOptions): Decided | undefined {
  if ([yes || edited, reject, changes].filter(Boolean).length > 1)
    throw new UsageError('--yes, --edited, --reject and --changes exclude each other.')
  if (changes && !comment) throw new UsageError('--changes needs a --comment that says what should change.')
  const more = comment ? { comment } : {}
  if (reject) return { decision: 'reject', ...more }
  if (changes) return { decision: 'changes', ...more }
  if (edited !== undefined) return { decision: 'approve', ...more, edited: readText(edited) }
  return yes ? { decision: 'approve', ...more } : undefined
}

async function approvalOf(
  given: string | undefined,
  requestGiven: string | undefined,
  { client, dialogue }: Context,
): Promise<OpenRequest> {
  const open = await openApprovals(given, client)
  const found =
    requestGiven === undefined ? open : open.filter(({ requestId }) => requestId.startsWith(requestGiven))
  const [only, ...others] = found
  if (!only) throw new UsageError(given ? 'No approval is open in this run.' : 'No approval waits for you.')
  if (others.length === 0 && given !== undefined) return only
  if (dialogue)
    return dialogue.prompts.select({
      message: 'Which approval?',
      choices: found.map((one) => ({ value: one, label: oneLine(one.question, 70), hint: originOf(one) })),
    })
  throw new UsageError(
    `Say which one, by run or --request: ${found.map(({ requestId, instanceUuid, question }) => `${requestId} of run ${instanceUuid} (${oneLine(question)})`).join(', ')}`,
  )
}

/** The approval with all of its text, of which a list has only the beginning. */
async function wholeOf(request: OpenRequest, client: Context['client']): Promise<OpenRequest> {
  if (!request.artifact?.truncated) return request
  const { requests } = await client.instance(request.instanceUuid)
  return requests.find(({ requestId }) => requestId === request.requestId) ?? request
}

/** Which run it is, so that two that ask the same can be told apart. */
const originOf = ({ instanceUuid, workflowName, startedBy }: Open): string =>
  [workflowName, startedBy && `by ${nameOf(startedBy)}`, shortId(instanceUuid)]
    .flatMap((part) => (part ? [oneLine(part, 40)] : []))
    .join(' · ')

async function openApprovals(given: string | undefined, client: Context['client']): Promise<Open[]> {
  if (given === undefined) return (await client.approvals({ limit: 100 })).items
  const { requests } = await client.instance(await findApprovable(given, client))
  return requests.filter(({ kind }) => kind === 'approval' || kind === 'budget')
}

/** An approver may not see the run in a list of their own, but finds its approval among those that wait for them. */
async function findApprovable(given: string, client: Context['client']): Promise<string> {
  const { items } = await client.approvals({ limit: 100 })
  const ids = new Set(
    items.map(({ instanceUuid }) => instanceUuid).filter((id) => id.startsWith(given.toLowerCase())),
  )
  const [only, ...others] = ids
  return only && others.length === 0 ? only : findInstance(given, client)
}

function readText(file: string): string {
  const path = cleanPath(file)
  const problem = pathProblem(path)
  if (problem) throw new UsageError(problem)
  return readFileSync(path, 'utf8')
}
