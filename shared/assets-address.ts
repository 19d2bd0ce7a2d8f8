import { fileURLToPath } from 'node:url'

/** Where files are kept. */
export type AssetsAddress = { kind: 'folder'; folder: string } | BucketAddress

export interface BucketAddress {
  kind: 'bucket'
  bucket: string
  /** Before every key, for a bucket that others use too. Ends with a slash where it is not empty. */
  prefix: string
  /** Of a server that is not Amazon's. */
  endpoint?: string
  region?: string
  /** Without them the standard AWS environment is asked. */
  credentials?: { accessKeyId: string; secretAccessKey: string }
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/
const prefixText = /^([A-Za-z0-9_-][A-Za-z0-9_.-]*\/?)*$/

/**
 * Reads `file:///folder`, `s3://bucket` at Amazon, or `s3://key:secret@host:port/bucket`, both with `region`, `ssl` and
 * `prefix` behind a question mark. Undefined when it is none of these.
 */
export function parseAssetsUrl(text: string): AssetsAddress | undefined {
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (url.protocol === 'file:')
    return url.host === '' ? { kind: 'folder', folder: fileURLToPath(url) } : undefined
  if (url.protocol !== 's3:' || url.hash) return undefined
  const [region, ssl = 'true', prefix = ''] = ['region', 'ssl', 'prefix'].map(
    (name) => url.searchParams.get(name) ?? undefined,
  )
  const path = url.pathname.replaceAll(/^\/|\/$/g, '')
  const isServer = path !== ''
  const bucket = isServer ? path : url.hostname
  const known = [...url.searchParams.keys()].every((name) => ['region', 'ssl', 'prefix'].includes(name))
  const isWhole =
    known &&
    bucketName.test(bucket) &&
    prefixText.test(prefix) &&
    ['true', 'false'].includes(ssl) &&
    Boolean(url.username) === Boolean(url.password) &&
    (isServer || (url.port === '' && ssl === 'true'))
  if (!isWhole) return undefined
  return {
    kind: 'bucket',
    bucket,
    prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
    ...(isServer ? { endpoint: `${ssl === 'true' ? 'https' : 'http'}://${url.host}` } : {}),
    ...(region ? { region } : {}),
    ...(url.username
      ? {
          credentials: {
            accessKeyId: decodeURIComponent(url.username),
            secretAccessKey: decodeURIComponent(url.password),
          },
        }
      : {}),
  }
}
