import { createHash } from 'node:crypto'
import { Context, heartbeat } from '@temporalio/activity'
import OpenAI from 'openai'
import type { FileValue } from '../../shared/contract/file.ts'
import type { JournalEvent } from '../../shared/contract/journal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { AnyStep } from '../../shared/contract/step.ts'
import type { StepCall } from '../../shared/contract/step-call.ts'
import type { Assets } from '../../storage/assets/assets.ts'
import { idFrom } from '../../storage/id-from.ts'
import { tell } from '../../storage/live/live.ts'
import { addFile } from '../../storage/sql/add-file.ts'
import { addNotice } from '../../storage/sql/add-notice.ts'
import type { Database, Transaction } from '../../storage/sql/database.ts'
import { putInLibrary } from '../../storage/sql/put-in-library.ts'
import { recordCall } from '../../storage/sql/record-call.ts'
import { beginStep, finishStep } from '../../storage/sql/record-step.ts'
import { writeEntries } from '../../storage/sql/write-journal.ts'
import { askModel } from './ask-model.ts'
import type { Carried, LetterActivities } from './orders.ts'

interface Deps {
  db: Database
  assets: Assets
  model: { baseUrl: string; name: string }
}

interface Made<T> {
  value: T
  input: Json
  logs?: string[]
  entries?: (JournalEvent & { key: string })[]
  store?: (tx: Transaction) => Promise<void>
}

/** The activities of the hand-written workflow: the work of Parley's own, and the same rows by the same functions. */
export function createLetterActivities({ db, assets, model }: Deps): LetterActivities {
  const openai = new OpenAI({ baseURL: model.baseUrl, apiKey: 'bench', maxRetries: 0, logLevel: 'off' })

  /** What is owed is written, the work done, and its result stored with what follows from it. */
  async function step<T extends Json | undefined>(
    carried: Carried,
    work: (signal: AbortSignal) => Promise<Made<T>>,
  ): Promise<T> {
    const { info, cancellationSignal } = Context.current()
    const beat = setInterval(() => heartbeat(), 400)
    try {
      const call = asCall(carried)
      await beginStep(db, call, info.attempt)
      const made = await work(cancellationSignal)
      cancellationSignal.throwIfAborted()
      const outcome = await finishStep(db, call, { value: made.value }, made)
      return outcome.value as T
    } finally {
      clearInterval(beat)
    }
  }

  async function ask(
    { run, path }: Carried,
    messages: { role: 'system' | 'user'; content: string }[],
    signal: AbortSignal,
    { json = false, show = async (_text: string, _offset: number): Promise<void> => {} } = {},
  ): Promise<string> {
    const { text, tokensIn, tokensOut } = await askModel(
      openai,
      {
        model: model.name,
        messages,
        ...(json ? { response_format: { type: 'json_object' as const } } : {}),
      },
      signal,
      show,
    )
    await recordCall(
      db,
      { workspaceId: run.workspaceId, instanceUuid: run.instanceUuid, path, ordinal: 0 },
      'model',
      { request: { messages }, response: { text }, model: model.name, tokensIn, tokensOut },
    )
    return text
  }

  return {
    write: ({ run, entries }) => writeEntries(db, run, entries),

    draft: ({ topic, ...carried }) =>
      step(carried, async (signal) => {
        const { instanceUuid } = carried.run
        const prompt = `Write a letter to our customers about ${topic}.`
        const messages = [
          { role: 'system' as const, content: 'You write for My workspace. Write Markdown.' },
          { role: 'user' as const, content: prompt },
        ]
        const text = await ask(carried, messages, signal, {
          show: (piece, offset) =>
            tell(db, {
              t: 'delta',
              streamId: instanceUuid,
              instanceUuid,
              messageId: idFrom(`${instanceUuid}:${carried.path}:live`),
              path: carried.path,
              attempt: 1,
              offset,
              text: piece,
            }),
        })
        return { value: text.trim(), input: { prompt } }
      }),

    review: ({ text, ...carried }) =>
      step(carried, async (signal) => {
        const messages = [
          { role: 'system' as const, content: 'You review for My workspace. Answer with JSON only.' },
          {
            role: 'user' as const,
            content: `Criteria:\n- brand_voice\n- compliance: promises nothing that cannot be kept\n\n<text>\n${text}\n</text>`,
          },
        ]
        const { findings } = JSON.parse(await ask(carried, messages, signal, { json: true })) as {
          findings: Json[]
        }
        return { value: { passed: findings.length === 0, text, findings, rounds: 1 }, input: { text } }
      }),

    makeFile: ({ name, content, ...carried }) =>
      step(carried, async () => {
        const { run, path } = carried
        const bytes = new TextEncoder().encode(
          `# ${name}\n\n${content}\n\n---\n\n*My workspace · ${new Date().toDateString()}*\n`,
        )
        const fileId = idFrom(`${run.instanceUuid}:${path}:0:file`)
        await assets.put({ workspaceId: run.workspaceId, fileId, part: 'original' }, bytes)
        const file: FileValue = {
          fileId,
          name: `${name.replaceAll(':', '')}.md`,
          mediaType: 'text/markdown; charset=utf-8',
          bytes: bytes.length,
        }
        return {
          value: file as FileValue & { [key: string]: Json },
          input: { name, content },
          entries: [{ event: 'asset', key: `${path}:asset`, ...file, stepId: path }],
          store: (tx) =>
            addFile(tx, {
              ...file,
              workspaceId: run.workspaceId,
              appId: run.appId,
              sha256: createHash('sha256').update(bytes).digest('hex'),
              instanceUuid: run.instanceUuid,
              createdBy: run.startedBy?.userId ?? null,
              label: null,
            }),
        }
      }),

    deliver: ({ file, ...carried }) =>
      step(carried, async () => ({
        value: undefined,
        input: { files: [{ fileId: file.fileId, name: file.name }] },
        logs: [`“${file.name}” is in the Library.`],
        store: (tx) => putInLibrary(tx, carried.run, [file.fileId]),
      })),

    notify: ({ userId, text, ...carried }) =>
      step(carried, async () => ({
        value: undefined,
        input: { text, to: [userId] },
        store: (tx) =>
          addNotice(tx, carried.run, {
            userId,
            key: `${carried.run.instanceUuid}:${carried.path}`,
            kind: 'notice',
            text,
          }),
      })),
  }
}

/** What the storage functions ask of a call; the rest of it is the interpreter's business. */
const asCall = ({ run, path, before, after }: Carried) =>
  ({ run, path, ordinal: 0, before, after }) as StepCall<AnyStep, unknown>
