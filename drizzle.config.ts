import { defineConfig } from 'drizzle-kit'

export default defineConfig({
  dialect: 'postgresql',
  schema: './storage/sql/schema.ts',
  out: './storage/sql/migrations',
})
