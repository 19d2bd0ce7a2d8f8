import { z } from 'zod'

/** What stands behind `secure.` in a definition, so it reads as a name in expressions. Unique in the app. */
export const SecretName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    'a secret’s name begins with a letter and holds letters, digits and _',
  )

/**
 * `api.example.com` is that host over HTTPS; with a port it is that port, whatever is spoken there. Names are matched
 * whole: there are no patterns.
 */
const SecretHost = z
  .string()
  .trim()
  .toLowerCase()
  .max(260)
  .refine(
    (host) => /^([^\s/@:?#*[\]]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/.test(host) && URL.canParse(`http://${host}`),
    'a host such as api.example.com, or with its port localhost:4000',
  )

/** Shorter ones could not be told from other words in what comes back. */
export const secretLength = { least: 8, most: 10_000 } as const

export const SecretFields = z.strictObject({
  name: SecretName,
  value: z
    .string()
    .min(secretLength.least, `a secret has at least ${secretLength.least} characters`)
    .max(secretLength.most, `a secret has at most ${secretLength.most} characters`)
    .refine((value) => value.isWellFormed() && !value.includes('\u0000'), 'a secret is text without NUL'),
  /** Where it may be sent, and nowhere else. */
  hosts: z
    .array(SecretHost)
    .min(1, 'name at least one host that it may be sent to')
    .max(20)
    .transform((hosts) => [...new Set(hosts)].sort()),
})
export type SecretFields = z.infer<typeof SecretFields>

/** Whether a secret that is bound to these hosts may go to an address. */
export function mayGoTo(hosts: readonly string[], url: string): boolean {
  const { protocol, hostname, port } = new URL(url)
  return hosts.includes(placeOf(url)) || (protocol === 'https:' && !port && hosts.includes(hostname))
}

/** What there is against sending a secret to an address; undefined when it may go there. */
export const misdirected = (name: string, hosts: readonly string[], url: string): string | undefined =>
  mayGoTo(hosts, url)
    ? undefined
    : `the secret "${name}" may go to ${hosts.join(', ') || 'no host'} only, not to ${new URL(url).origin}: an admin binds it to that host, too, or another one is named`

/** The host and port of an address, as secrets are bound to them. */
export function placeOf(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`
}
