import type { api } from '../../shared/contract/api/index.ts'
import type { InstanceStatus } from '../../shared/contract/journal.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { Decision } from '../../shared/contract/request.ts'
import { type FollowOptions, followStream } from './follow-stream.ts'
import { multipart, type Upload } from './multipart.ts'
import type { Calls, Given, WriteOptions } from './routes.ts'
import { readJson, type Send } from './send.ts'
import type { Instance, RunEvent, StoredFile } from './shapes.ts'

type Api = typeof api
type Listed = 'catalog' | 'instances' | 'library' | 'inbox' | 'approvals' | 'mailbox' | 'handoffs'
type QueryFor<Resource extends Listed> = Given<Api[Resource]['list']>['query']

const runtime = '/api/runtime/wks/{workspaceId}/app/{appId}'
const handoffs = `${runtime}/handoffs` as const
const one = `${runtime}/workflows/instances/{instanceUuid}` as const

export interface UploadOptions extends WriteOptions {
  onProgress?: ((sent: number, total: number) => void) | undefined
}

/** What people and backend services do with published workflows. */
export function runtimeCalls({ call, fill }: Calls, send: Send) {
  const instance = (instanceUuid: string): Promise<Instance> =>
    call<Api['instances']['get']>('get', one, { params: { instanceUuid } })

  /**
   * What happens in a run, from its beginning or behind `after`: reconnects by itself, without a gap or a double.
   * Ends when the signal aborts or the reader stops reading; a run's end is the event `instanceFinished`.
   */
  async function* events(instanceUuid: string, options: FollowOptions = {}): AsyncGenerator<RunEvent> {
    const open = async (lastEventId: string | undefined, signal: AbortSignal) =>
      send({
        method: 'GET',
        path: await fill(`${one}/stream`, { instanceUuid }),
        signal,
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
        },
      })
    for await (const { id, event = 'message', data } of followStream(open, options))
      yield { ...(id === undefined ? {} : { id }), event, data: JSON.parse(data) } as RunEvent
  }

  return {
    me: () => call<Api['system']['me']>('get', '/api/me'),

    /** Workflows that the caller may start or talk to. */
    catalog: (query?: QueryFor<'catalog'>) =>
      call<Api['catalog']['list']>('get', `${runtime}/catalog`, { query }),

    /** A UI flow for a chat component: its pages, their chats and triggers. */
    uiFlow: (uiFlowId: string) =>
      call<Api['uiFlows']['offer']>('get', `${runtime}/ui-flows/{uiFlowId}`, { params: { uiFlowId } }),

    startRun: (
      { workflowId, ...body }: { workflowId: string } & NonNullable<Given<Api['runs']['start']>['body']>,
      options?: WriteOptions,
    ) =>
      call<Api['runs']['start']>(
        'post',
        `${runtime}/workflows/{workflowId}/runs`,
        { params: { workflowId }, body },
        options,
      ),

    /** Handles for a run or a conversation that a Temporal client will start: the values themselves go no further. */
    sealSecureMetadata: (
      body: NonNullable<Given<Api['secureMetadata']['seal']>['body']>,
      options?: WriteOptions,
    ) => call<Api['secureMetadata']['seal']>('post', `${runtime}/secure-metadata`, { body }, options),

    instance,
    instances: (query?: QueryFor<'instances'>) =>
      call<Api['instances']['list']>('get', `${runtime}/workflows/instances`, { query }),
    /** A page of the run's log, with the totals of the whole run. Long values are cut: `{ path, whole: 'true' }` gives one step whole. */
    log: (instanceUuid: string, query?: Given<Api['instances']['log']>['query']) =>
      call<Api['instances']['log']>('get', `${one}/log`, { params: { instanceUuid }, query }),

    /** What the run has asked of people, open and closed. */
    requests: (instanceUuid: string, query?: Given<Api['instances']['requests']>['query']) =>
      call<Api['instances']['requests']>('get', `${one}/requests`, { params: { instanceUuid }, query }),

    /** The run's whole record as JSON lines. The last one is of the type `end`: without it something is missing. */
    async exportRun(
      instanceUuid: string,
      { signal }: { signal?: AbortSignal } = {},
    ): Promise<ReadableStream<Uint8Array>> {
      const path = await fill(`${one}/export`, { instanceUuid })
      const { body } = await send({
        method: 'GET',
        path,
        signal,
        headers: { accept: 'application/x-ndjson' },
      })
      return body ?? new Blob([]).stream()
    },

    /** Answers an open question, in words or as a value. What does not fit is a 422 with the reason; the question stays open. */
    answer: (
      instanceUuid: string,
      body: { requestId?: string; value?: Json; fileIds?: string[] },
      options?: WriteOptions,
    ) =>
      call<Api['instances']['answer']>('post', `${one}/answers`, { params: { instanceUuid }, body }, options),

    /** Decides an approval. Not an approver: 403. Decided already: 409 with who and when. */
    decide: (
      instanceUuid: string,
      body: { requestId?: string; decision: Decision; comment?: string; edited?: string },
      options?: WriteOptions,
    ) =>
      call<Api['instances']['decide']>(
        'post',
        `${one}/decisions`,
        { params: { instanceUuid }, body },
        options,
      ),

    cancel: (instanceUuid: string, options?: WriteOptions) =>
      call<Api['instances']['cancel']>('post', `${one}/cancel`, { params: { instanceUuid } }, options),

    /** Lets a failed run go on from the step it failed at. */
    retry: (instanceUuid: string, options?: WriteOptions) =>
      call<Api['instances']['retry']>('post', `${one}/retry`, { params: { instanceUuid } }, options),

    /** Makes a new run from an earlier answer, answered anew. Gives what was done outside since: that is not undone. */
    rewind: (
      instanceUuid: string,
      body: { requestId: string; value?: Json; fileIds?: string[] },
      options?: WriteOptions,
    ) =>
      call<Api['instances']['rewind']>('post', `${one}/rewind`, { params: { instanceUuid }, body }, options),

    events,

    /** Waits until the run has ended, through restarts of the server, and gives it whole, whichever way it ended. */
    async result(instanceUuid: string, { signal }: { signal?: AbortSignal } = {}): Promise<Instance> {
      let after: string | undefined
      for (;;) {
        const found = await instance(instanceUuid)
        if (isOver(found.status)) return found
        for await (const { event, id } of events(instanceUuid, { after, signal })) {
          after = id ?? after
          if (event === 'instanceFinished') break
        }
        signal?.throwIfAborted()
      }
    },

    async upload(file: Upload, { onProgress, ...options }: UploadOptions = {}): Promise<StoredFile> {
      const stream = await multipart(file, onProgress)
      return readJson(
        await send({ method: 'POST', path: await fill(`${runtime}/files`), stream, timeout: 0, ...options }),
      )
    },

    /** A file's content as a stream. What is cut off on the way fails while it is read. */
    async download(
      fileId: string,
      { signal }: { signal?: AbortSignal } = {},
    ): Promise<ReadableStream<Uint8Array>> {
      const path = await fill(`${runtime}/files/{fileId}`, { fileId })
      const { body } = await send({ method: 'GET', path, signal, headers: { accept: '*/*' } })
      return body ?? new Blob([]).stream()
    },

    library: (query?: QueryFor<'library'>) =>
      call<Api['library']['list']>('get', `${runtime}/library`, { query }),
    inbox: (query?: QueryFor<'inbox'>) => call<Api['inbox']['list']>('get', `${runtime}/inbox`, { query }),
    /** Open approvals that the caller may decide. */
    approvals: (query?: QueryFor<'approvals'>) =>
      call<Api['approvals']['list']>('get', `${runtime}/approvals`, { query }),
    /** Conversations that wait for a person of the caller's teams, or are with one. */
    handoffs: (query?: QueryFor<'handoffs'>) => call<Api['handoffs']['list']>('get', handoffs, { query }),

    /** Takes a conversation. Somebody else has it: 409 `AlreadyTaken` with who and when. */
    takeHandoff: (requestId: string, options?: WriteOptions) =>
      call<Api['handoffs']['take']>(
        'post',
        `${handoffs}/{requestId}/take`,
        { params: { requestId } },
        options,
      ),

    /** Says something to the user of a conversation that the caller has taken. */
    sayInHandoff: (requestId: string, body: { text?: string; fileIds?: string[] }, options?: WriteOptions) =>
      call<Api['handoffs']['say']>(
        'post',
        `${handoffs}/{requestId}/messages`,
        { params: { requestId }, body },
        options,
      ),

    /** Hands a conversation back: its workflow goes on. */
    returnHandoff: (requestId: string, body: { note?: string } = {}, options?: WriteOptions) =>
      call<Api['handoffs']['return']>(
        'post',
        `${handoffs}/{requestId}/return`,
        { params: { requestId }, body },
        options,
      ),

    mailbox: (query?: QueryFor<'mailbox'>) =>
      call<Api['mailbox']['list']>('get', `${runtime}/mailbox`, { query }),
  }
}

export const isOver = (status: InstanceStatus): boolean =>
  status === 'completed' || status === 'failed' || status === 'cancelled'
