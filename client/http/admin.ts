import type { api } from '../../shared/contract/api/index.ts'
import type { Brand } from '../../shared/contract/brand.ts'
import type { Definition, WorkflowType } from '../../shared/contract/definition.ts'
import type { Role } from '../../shared/contract/person.ts'
import type { Settings } from '../../shared/contract/settings.ts'
import type { Calls, Given, WriteOptions } from './routes.ts'

type Api = typeof api
const admin = '/api/admin/wks/{workspaceId}/app/{appId}'
const schedules = `${admin}/workflows/{workflowId}/schedules` as const
const integrations = `${admin}/integrations` as const
type ScheduleBody = Given<Api['schedules']['create']>['body']

/** What builders and admins do: make workflows, publish them, say who may come in. */
export const adminCalls = ({ call }: Calls) => ({
  workflows: (query?: Given<Api['workflows']['list']>['query']) =>
    call<Api['workflows']['list']>('get', `${admin}/workflows`, { query }),

  createWorkflow: (body: { name: string; type: WorkflowType }, options?: WriteOptions) =>
    call<Api['workflows']['create']>('post', `${admin}/workflows`, { body }, options),

  /** Saves a whole draft. `etag` of the draft that was read refuses (412) to overwrite what others saved since; `*` overwrites. */
  saveDraft: (
    workflowId: string,
    body: Definition,
    { etag = '*', ...options }: WriteOptions & { etag?: string } = {},
  ) =>
    call<Api['workflows']['saveDraft']>(
      'put',
      `${admin}/workflows/{workflowId}/draft`,
      {
        params: { workflowId },
        body: body as Given<Api['workflows']['saveDraft']>['body'],
        headers: { 'if-match': etag },
      },
      options,
    ),

  /** Makes the next version. A draft that cannot be published: 422 `NotPublishable`, every problem with its step in `errors`. */
  publish: (workflowId: string, options?: WriteOptions) =>
    call<Api['workflows']['publish']>(
      'post',
      `${admin}/workflows/{workflowId}/publish`,
      { params: { workflowId } },
      options,
    ),

  /** Runs the draft as it stands: with an `input`, or as the next turn of a conversation of tests. */
  testWorkflow: (workflowId: string, body: Given<Api['workflows']['test']>['body'], options?: WriteOptions) =>
    call<Api['workflows']['test']>(
      'post',
      `${admin}/workflows/{workflowId}/test`,
      { params: { workflowId }, body },
      options,
    ),

  /** Ends the runs and conversations of a workflow that are open now. */
  deactivateSessions: (workflowId: string, options?: WriteOptions) =>
    call<Api['workflows']['deactivateSessions']>(
      'post',
      `${admin}/workflows/{workflowId}/deactivate-sessions`,
      { params: { workflowId } },
      options,
    ),

  /** Conversations of the app, for who runs it. */
  allSessions: (query?: Given<Api['sessions']['list']>['query']) =>
    call<Api['sessions']['list']>('get', `${admin}/sessions`, { query }),

  deleteWorkflow: (workflowId: string, options?: WriteOptions) =>
    call<Api['workflows']['remove']>(
      'delete',
      `${admin}/workflows/{workflowId}`,
      { params: { workflowId } },
      options,
    ),

  /** Other systems that workflows may call. */
  integrations: (query?: Given<Api['integrations']['list']>['query']) =>
    call<Api['integrations']['list']>('get', integrations, { query }),

  createIntegration: (body: Given<Api['integrations']['create']>['body'], options?: WriteOptions) =>
    call<Api['integrations']['create']>('post', integrations, { body }, options),

  replaceIntegration: (
    integrationId: string,
    body: Given<Api['integrations']['replace']>['body'],
    options?: WriteOptions,
  ) =>
    call<Api['integrations']['replace']>(
      'put',
      `${integrations}/{integrationId}`,
      { params: { integrationId }, body },
      options,
    ),

  /** Runs a workflow at given times, by just one of `cron`, `every` and `calendar`. */
  createSchedule: (workflowId: string, body: ScheduleBody, options?: WriteOptions) =>
    call<Api['schedules']['create']>('post', schedules, { params: { workflowId }, body }, options),

  schedules: (workflowId: string, query?: Given<Api['schedules']['list']>['query']) =>
    call<Api['schedules']['list']>('get', schedules, { params: { workflowId }, query }),

  schedule: (workflowId: string, scheduleId: string) =>
    call<Api['schedules']['get']>('get', `${schedules}/{scheduleId}`, { params: { workflowId, scheduleId } }),

  replaceSchedule: (workflowId: string, scheduleId: string, body: ScheduleBody, options?: WriteOptions) =>
    call<Api['schedules']['replace']>(
      'put',
      `${schedules}/{scheduleId}`,
      { params: { workflowId, scheduleId }, body },
      options,
    ),

  deleteSchedule: (workflowId: string, scheduleId: string, options?: WriteOptions) =>
    call<Api['schedules']['remove']>(
      'delete',
      `${schedules}/{scheduleId}`,
      { params: { workflowId, scheduleId } },
      options,
    ),

  pauseSchedule: (workflowId: string, scheduleId: string, options?: WriteOptions) =>
    call<Api['schedules']['pause']>(
      'post',
      `${schedules}/{scheduleId}/pause`,
      { params: { workflowId, scheduleId } },
      options,
    ),

  resumeSchedule: (workflowId: string, scheduleId: string, options?: WriteOptions) =>
    call<Api['schedules']['resume']>(
      'post',
      `${schedules}/{scheduleId}/resume`,
      { params: { workflowId, scheduleId } },
      options,
    ),

  /** Starts what the schedule starts, now. */
  runSchedule: (workflowId: string, scheduleId: string, options?: WriteOptions) =>
    call<Api['schedules']['run']>(
      'post',
      `${schedules}/{scheduleId}/run`,
      { params: { workflowId, scheduleId } },
      options,
    ),

  /** Makes a UI flow: pages, what they share with conversations, and whom their chats talk with. */
  createUiFlow: (body: Given<Api['uiFlows']['create']>['body'], options?: WriteOptions) =>
    call<Api['uiFlows']['create']>('post', `${admin}/ui-flows`, { body }, options),

  /** `etag` of the UI flow that was read refuses (412) to overwrite what others saved since; `*` overwrites. */
  replaceUiFlow: (
    uiFlowId: string,
    body: Given<Api['uiFlows']['replace']>['body'],
    { etag = '*', ...options }: WriteOptions & { etag?: string } = {},
  ) =>
    call<Api['uiFlows']['replace']>(
      'put',
      `${admin}/ui-flows/{uiFlowId}`,
      { params: { uiFlowId }, body, headers: { 'if-match': etag } },
      options,
    ),

  setBrand: (body: Brand, options?: WriteOptions) =>
    call<Api['brand']['replace']>('put', `${admin}/brand`, { body }, options),

  setSettings: (body: Settings, options?: WriteOptions) =>
    call<Api['settings']['replace']>('put', `${admin}/settings`, { body }, options),

  addTeam: (body: { name: string; members?: string[] }, options?: WriteOptions) =>
    call<Api['teams']['create']>('post', `${admin}/teams`, { body }, options),

  teams: (query?: Given<Api['teams']['list']>['query']) =>
    call<Api['teams']['list']>('get', `${admin}/teams`, { query }),

  addMember: (
    body: { userId: string; name: string; email?: string; roles: Role[] },
    options?: WriteOptions,
  ) => call<Api['members']['create']>('post', `${admin}/members`, { body }, options),

  /** The secret is in this answer and nowhere else, ever; so this one write is not repeated when its answer is lost. */
  addApiKey: (body: { userId: string; name: string; roles: Role[] }, options?: { signal?: AbortSignal }) =>
    call<Api['apiKeys']['create']>('post', `${admin}/api-keys`, { body }, { ...options, idempotencyKey: '' }),
})
