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
