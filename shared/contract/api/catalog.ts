import { z } from 'zod'
import { WorkflowType } from '../definition.ts'
import { pageOf, pageQuery } from './page.ts'
import { route } from './route.ts'
import { anyone, Id, QueryText, runtime, Scope } from './scope.ts'

/** A published workflow as the person who may start it sees it. */
export const CatalogCard = z
  .object({
    workflowId: Id,
    version: z.int(),
    name: z.string(),
    description: z.string().nullable(),
    type: WorkflowType,
    icon: z.string().nullable(),
    category: z.string().nullable(),
    /** JSON Schema of the start input. */
    input: z.unknown().nullable(),
    /** What a conversation shows before the first message. */
    welcome: z.string().nullable(),
    /** What it shows while a turn is under way. */
    thinking: z.string().nullable(),
    /** Named beginnings of a conversation, which a page may offer. */
    triggers: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        parameters: z.array(
          z.object({
            name: z.string(),
            default: z.string().optional(),
            description: z.string().optional(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'CatalogCard' })
export type CatalogCard = z.infer<typeof CatalogCard>

export const catalog = {
  list: route({
    name: 'listCatalog',
    method: 'get',
    path: `${runtime}/catalog`,
    tag: 'Catalog',
    summary: 'Published workflows that are available to the caller, by name',
    access: anyone,
    params: Scope,
    query: z.object({ ...pageQuery, type: WorkflowType.optional(), q: QueryText.optional() }),
    reply: { status: 200, description: 'A page of cards', body: pageOf(CatalogCard) },
  }),
}
