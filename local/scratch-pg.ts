import { mkdirSync } from 'node:fs'
import { Children } from './children.ts'
import { startPostgres } from './postgres.ts'

mkdirSync('/tmp/w/logs', { recursive: true })
mkdirSync('/tmp/w/run', { recursive: true })
const c = new Children({ logs: '/tmp/w/logs', run: '/tmp/w/run' }, { say: console.log })
const { databaseUrl } = await startPostgres(c, { folder: '/tmp/w/pg', port: 15433 })
console.log(databaseUrl)
const { writeFileSync } = await import('node:fs')
writeFileSync('/tmp/w/db', databaseUrl)
const { migrate } = await import('../storage/sql/migrate.ts')
await migrate(databaseUrl)
console.log('migrated')
setInterval(() => {}, 1e6)
