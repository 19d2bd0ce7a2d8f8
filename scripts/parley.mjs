// `npm run parley -- …`: the terminal, on the pinned Node whatever the machine's own is.
import { join } from 'node:path'
import { handOver } from './hand-over.mjs'
import { PROJECT } from './ready/places.mjs'
import { ready } from './ready.mjs'

const { node, env } = await ready()
handOver(node, [join(PROJECT, 'cli', 'main.ts'), ...process.argv.slice(2)], { env })
