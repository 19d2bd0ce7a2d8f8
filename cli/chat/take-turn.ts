import { randomUUID } from 'node:crypto'
import type { MessageReply, RunEvent } from '../../client/http.ts'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { JsonLines } from '../conversation/json-lines.ts'
import { patiently } from '../conversation/run-feed.ts'
import { oneLine } from '../screen/plain.ts'
import { renderMarkdown } from '../screen/render-markdown.ts'
import { exitCodes } from '../usage-error.ts'
import { leadsTo } from './leads-to.ts'
import type { Chat } from './talk.ts'

type OpenedRequest = Extract<RunEvent, { event: 'requestOpened' }>['data']

/** What is said, in words or by a trigger. */
export type Said = { userMessage: string } | { trigger: { id: string; parameters: Record<string, string> } }

/**
 * One turn for scripts: says something, and prints what is replied or asked, as Markdown, or every event as a line of JSON.
 * Gives the exit code: 0 when it was replied to, or a question came back.
 */
export async function takeTurn(said: Said, { chatSessionId, workflowId }: Chat, context: Context) {
  const { client, json, terminal } = context
  const lines = new JsonLines(terminal.output)
  const quiet = { lost: () => {}, back: () => {} }
  const idempotencyKey = randomUUID()
  const taken = await patiently(
    () => client.sendMessage(chatSessionId, { workflowId, ...said }, { idempotencyKey }),
    json ? lines : quiet,
  )
  // A person answers when they have time: that may be tomorrow.
  if (taken.status === 'passedOn') {
    if (json) terminal.output.write(`${JSON.stringify({ event: 'result', data: taken })}\n`)
    else terminal.errors.write('A person has this conversation, and got your message.\n')
    return exitCodes.ok
  }
  if (taken.status === 'queued' && !json)
    terminal.errors.write('A turn is under way: your message waits until it is over.\n')
  const print = (text: string) => {
    if (!json)
      terminal.output.write(
        `${terminal.output.isTTY ? renderMarkdown(text, context.screen.columns) : text}\n`,
      )
  }
  const ask = ({ kind, question, artifact, instanceUuid }: OpenedRequest) => {
    // That somebody comes was said in the conversation.
    if (kind === 'handoff') return
    print(question)
    if (kind !== 'approval') return
    if (artifact?.text) print(artifact.text)
    if (!json)
      terminal.errors.write(
        `Decide with: ${callOf(`approve ${instanceUuid}`, client)}\nFollow it with: ${callOf(`watch ${instanceUuid}`, client)}\n`,
      )
  }
  const stop = new AbortController()
  // An answer goes on with a turn that has said something already: that was told then.
  let isOurs = taken.status !== 'answered'
  let status: MessageReply['status'] = 'failed'
  let open: string | undefined
  for await (const event of client.sessionEvents(chatSessionId, { signal: stop.signal })) {
    if (event.data.instanceUuid !== taken.instanceUuid) continue
    if (!isOurs) {
      isOurs = event.event === 'message' && event.data.messageId === taken.messageId
      continue
    }
    if (json) lines.event(event)
    if (event.event === 'message' && event.data.role !== 'user') print(event.data.text)
    if (event.event === 'navigate' && !json)
      terminal.errors.write(`${leadsTo(event.data.title, event.data.parameters)}\n`)
    if (event.event === 'requestOpened') {
      open = event.data.requestId
      ask(event.data)
      status = 'waiting'
    }
    if (event.event === 'instanceFinished') {
      status = event.data.status
      tellEnd(event, context)
    }
    if (event.event === 'requestClosed' && event.data.requestId === open) open = undefined
    if (open || event.event === 'instanceFinished') break
  }
  stop.abort()
  if (json) terminal.output.write(`${JSON.stringify({ event: 'result', data: { ...taken, status } })}\n`)
  else
    terminal.errors.write(`Go on with: ${callOf(`chat --session ${chatSessionId} --message "…"`, client)}\n`)
  return status === 'completed' || status === 'waiting' ? exitCodes.ok : exitCodes.failed
}

function tellEnd(
  { data }: Extract<RunEvent, { event: 'instanceFinished' }>,
  { json, terminal }: Context,
): void {
  if (json || data.status === 'completed') return
  terminal.errors.write(
    data.status === 'cancelled'
      ? 'The turn was cancelled.\n'
      : `The turn failed: ${oneLine(data.error?.message ?? 'no reason was given', 2_000)}\n`,
  )
}
