import { foreignKey, index, pgTable, primaryKey, text, unique, uuid } from 'drizzle-orm/pg-core'
import { at } from './columns.ts'
import { members } from './tenants.ts'

/** People who decide, are told, or take conversations over together. Definitions of the app name it by its name. */
export const teams = pgTable(
  'teams',
  {
    teamId: uuid('team_id').primaryKey(),
    workspaceId: uuid('workspace_id').notNull(),
    appId: uuid('app_id').notNull(),
    name: text('name').notNull(),
    createdAt: at('created_at').notNull().defaultNow(),
    updatedAt: at('updated_at').notNull().defaultNow(),
  },
  (table) => [unique('teams_name').on(table.workspaceId, table.appId, table.name)],
)

/** Who is in a team: members of the workspace, and only as long as they are. */
export const teamMembers = pgTable(
  'team_members',
  {
    teamId: uuid('team_id')
      .notNull()
      .references(() => teams.teamId, { onDelete: 'cascade' }),
    workspaceId: uuid('workspace_id').notNull(),
    userId: text('user_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.teamId, table.userId] }),
    foreignKey({
      columns: [table.workspaceId, table.userId],
      foreignColumns: [members.workspaceId, members.userId],
      name: 'team_members_member',
    }).onDelete('cascade'),
    index('team_members_of_person').on(table.workspaceId, table.userId),
  ],
)
