/** Every table of Parley. Which questions are asked of them stands in the files beside this one. */

export * from './schema/definitions.ts'
export * from './schema/files-and-messages.ts'
export * from './schema/integrations.ts'
export * from './schema/knowledge.ts'
export * from './schema/mcp-servers.ts'
export * from './schema/memory.ts'
export * from './schema/runs.ts'
export * from './schema/schedules.ts'
export * from './schema/sessions.ts'
export * from './schema/step-records.ts'
export * from './schema/tenants.ts'
