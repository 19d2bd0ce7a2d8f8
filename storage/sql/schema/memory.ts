import { integer, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'

/** What a session remembers beside its turns: how many there are, and the running summary of those up to `through`. */
export const memories = pgTable(
  'memories',
  {
    workspaceId: uuid('workspace_id').notNull(),
    chatSessionId: uuid('chat_session_id').notNull(),
    turns: integer('turns').notNull(),
    summary: text('summary'),
    through: integer('through').notNull().default(0),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [primaryKey({ columns: [table.workspaceId, table.chatSessionId] })],
)

/** What a turn was told of those before it: the summary of that moment, and the turns behind `after`, up to `through`. */
export const turnMemories = pgTable('turn_memories', {
  instanceUuid: uuid('instance_uuid').primaryKey(),
  workspaceId: uuid('workspace_id').notNull(),
  chatSessionId: uuid('chat_session_id').notNull(),
  summary: text('summary'),
  after: integer('after').notNull(),
  through: integer('through').notNull(),
})

/** What was said in a turn, numbered from 1 in its session. */
export const memoryTurns = pgTable(
  'memory_turns',
  {
    workspaceId: uuid('workspace_id').notNull(),
    chatSessionId: uuid('chat_session_id').notNull(),
    number: integer('number').notNull(),
    instanceUuid: uuid('instance_uuid').notNull(),
    user: text('user_text').notNull(),
    agent: text('agent_text').notNull(),
    at: at('at').notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.workspaceId, table.chatSessionId, table.number] }),
    unique('memory_turns_instance').on(table.instanceUuid),
  ],
)
