// `npm run bench`: the figures of docs/bench.md, measured on this machine.
import { join } from 'node:path'
import { handOver } from './hand-over.mjs'
import { PROJECT } from './ready/places.mjs'
import { ready } from './ready.mjs'

const { node, env } = await ready({ temporal: true })
handOver(node, [join(PROJECT, 'bench', 'main.ts'), ...process.argv.slice(2)], { env })
