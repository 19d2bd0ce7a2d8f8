import { basename } from 'node:path'
import { run } from './run.mjs'

/** Runs npm: the one that started us where there is one, so that its version and settings are the person's own. */
export function npm(args, options) {
  const own = process.env.npm_execpath
  if (own && basename(own) === 'npm-cli.js') return run(process.execPath, [own, ...args], options)
  return run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, options)
}
