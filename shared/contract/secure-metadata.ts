import { z } from 'zod'
import { SecretFields, SecretName, secretLength } from './secret.ts'

const { value, hosts } = SecretFields.shape

/**
 * What a run or a message brings along that no model may see: plain values as they come in over HTTP. A text may go to
 * the app's own integrations and MCP servers; with `hosts`, there and nowhere else.
 */
export const SecureMetadata = z
  .record(
    SecretName,
    z.union([value, z.strictObject({ value, hosts })], {
      error: `a text of ${secretLength.least} to ${secretLength.most} characters, or { "value", "hosts" } with the hosts it may be sent to`,
    }),
  )
  .refine((given) => Object.keys(given).length <= 20, 'at most 20 values')
export type SecureMetadata = z.infer<typeof SecureMetadata>

/** The same everywhere else: by name, the handles under which the values are sealed. They open nothing by themselves. */
export const SecureHandles = z
  .record(SecretName, z.uuid('a handle: plain values are taken over HTTP only, and sealed there'))
  .refine((given) => Object.keys(given).length <= 20, 'at most 20 handles')
export type SecureHandles = z.infer<typeof SecureHandles>
