import { z } from 'zod'
import { Role } from '../person.ts'
import { route } from './route.ts'
import { Id } from './scope.ts'

/** Where a client begins: who the caller is, and where they belong. */
export const Me = z
  .object({
    userId: z.string(),
    name: z.string().nullable(),
    workspaces: z.array(
      z.object({
        workspaceId: Id,
        name: z.string(),
        roles: z.array(Role),
        /** `teams`: names of those that the caller is in, where there are any. */
        apps: z.array(z.object({ appId: Id, name: z.string(), teams: z.array(z.string()).optional() })),
      }),
    ),
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

const Part = z.enum(['up', 'down'])
export const Health = z
  .object({ status: z.enum(['ok', 'degraded', 'down']), database: Part, temporal: Part, live: Part })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof Health>

export const system = {
  me: route({
    name: 'getMe',
    method: 'get',
    path: '/api/me',
    tag: 'System',
    summary: 'Who the caller is, with workspaces, roles and apps',
    access: 'identified',
    reply: { status: 200, description: 'The caller', body: Me },
  }),
  live: route({
    name: 'getLive',
    method: 'get',
    path: '/health/live',
    tag: 'System',
    summary: 'Answers as long as the process runs',
    access: 'public',
    reply: { status: 200, description: 'Alive', body: z.object({ status: z.literal('ok') }) },
  }),
  ready: route({
    name: 'getReady',
    method: 'get',
    path: '/health/ready',
    tag: 'System',
    summary: 'Whether requests can be served',
    description:
      'Without Temporal the API is `degraded`: it reads, and takes starts, which begin when Temporal is back. So it is without the way of live events (`live`: Redis, where one is set): those go through PostgreSQL meanwhile. Without the database it is `down`.',
    access: 'public',
    reply: { status: 200, description: 'Serving', body: Health },
    also: { 503: 'Not serving' },
  }),
  metrics: route({
    name: 'getMetrics',
    method: 'get',
    path: '/metrics',
    tag: 'System',
    summary: 'Figures for Prometheus',
    description:
      'Of the whole installation, so for the machine itself, and for keys of its own workspace with the role admin or service.',
    access: 'identified',
    reply: { status: 200, description: 'Prometheus text', mediaType: 'text/plain' },
    problems: ['Forbidden'],
  }),
}
