// `npm start`: everything on this machine, from nothing.
import { handOver } from './hand-over.mjs'
import { PROJECT } from './ready/places.mjs'
import { ready } from './ready.mjs'

const { node, env } = await ready({ temporal: !process.env.TEMPORAL_ADDRESS })
handOver(node, ['local/main.ts'], { cwd: PROJECT, env })
