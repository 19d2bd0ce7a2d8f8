import { readFile } from 'node:fs/promises'
import type { Config } from '../config.ts'

type ConnectionConfig = Pick<
  Config,
  | 'TEMPORAL_ADDRESS'
  | 'TEMPORAL_API_KEY'
  | 'TEMPORAL_TLS'
  | 'TEMPORAL_TLS_SERVER_NAME'
  | 'TEMPORAL_TLS_CLIENT_CERT_PATH'
  | 'TEMPORAL_TLS_CLIENT_KEY_PATH'
  | 'TEMPORAL_TLS_SERVER_CA_CERT_PATH'
>

/** How to reach Temporal, for clients and workers alike: plain, with TLS or mTLS, or with an API key (which means TLS). */
export async function connectionOptions(config: ConnectionConfig) {
  const file = async (path: string | undefined) => (path ? readFile(path) : undefined)
  const [crt, key, ca] = await Promise.all([
    file(config.TEMPORAL_TLS_CLIENT_CERT_PATH),
    file(config.TEMPORAL_TLS_CLIENT_KEY_PATH),
    file(config.TEMPORAL_TLS_SERVER_CA_CERT_PATH),
  ])
  const wanted =
    config.TEMPORAL_TLS ?? Boolean(config.TEMPORAL_API_KEY || crt || ca || config.TEMPORAL_TLS_SERVER_NAME)
  return {
    address: config.TEMPORAL_ADDRESS,
    ...(config.TEMPORAL_API_KEY ? { apiKey: config.TEMPORAL_API_KEY } : {}),
    ...(wanted
      ? {
          tls: {
            ...(config.TEMPORAL_TLS_SERVER_NAME
              ? { serverNameOverride: config.TEMPORAL_TLS_SERVER_NAME }
              : {}),
            ...(ca ? { serverRootCACertificate: ca } : {}),
            ...(crt && key ? { clientCertPair: { crt, key } } : {}),
          },
        }
      : {}),
  }
}

/**
 * How a worker's requests are packed, and the answers. Temporal on the same machine is spoken to as it is: packing saves
 * nothing there, and took both sides some percent of their processor time.
 */
export const compressionTo = (address: string): { codec: 'gzip' } | { codec: 'none' } => ({
  codec: /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(address) ? 'none' : 'gzip',
})
