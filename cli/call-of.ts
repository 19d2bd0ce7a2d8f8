import { defaultUrl } from './context.ts'

/** A command as it can be typed again: through npm where we were called so, and at the same address. */
export function callOf(
  command: string,
  { baseUrl }: { baseUrl: string },
  env: Record<string, string | undefined> = process.env,
): string {
  const parley = env.npm_lifecycle_event === 'parley' ? 'npm run parley --' : 'parley'
  return `${parley} ${command}${baseUrl === defaultUrl(env) ? '' : ` --url ${baseUrl}`}`
}
