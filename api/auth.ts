import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { embedded } from '../shared/contract/api/embedded.ts'
import type { Access } from '../shared/contract/api/route.ts'
import type { Caller } from '../shared/contract/api/scope.ts'
import { Refusal } from '../shared/contract/errors.ts'
import type { Role } from '../shared/contract/person.ts'
import type { Database } from '../storage/sql/database.ts'
import { findKey, findPerson, findStanding, type Identity } from '../storage/sql/find-identity.ts'

/** Finds out who calls. API keys and the local admin today; other kinds of tokens come in here. */
export type Identify = (req: Request) => Promise<Identity>

export interface AuthOptions {
  db: Database
  /** Whether a request from this very machine needs no login. Never where the API is reached from elsewhere. */
  localAdmin: boolean
}

/** @throws Refusal `Unauthorized` */
export const createIdentify =
  ({ db, localAdmin }: AuthOptions): Identify =>
  async (req) => {
    const given = req.headers.authorization
    if (given !== undefined) return byKey(db, given)
    const admin =
      localAdmin && isFromThisMachine(req) ? await findPerson(db, embedded.admin.userId) : undefined
    if (admin) return admin
    throw new Refusal('Unauthorized', 'send an API key: Authorization: Bearer pk_…')
  }

export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex')

async function byKey(db: Database, header: string): Promise<Identity> {
  const secret = /^Bearer +(pk_[A-Za-z0-9_-]{20,200}) *$/i.exec(header)?.[1]
  const identity = secret ? await findKey(db, hashSecret(secret)) : undefined
  if (!identity) throw new Refusal('Unauthorized', 'the API key is not valid')
  return identity
}

const loopbackPeer = /^(127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/
const loopbackHost = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i

/**
 * Whether a request comes from this machine, and not from a web page or through a proxy on it: loopback peer, loopback
 * `Host` (against rebinding of names), no foreign `Origin`, not sent by a foreign page, no forwarding headers.
 */
export function isFromThisMachine(req: Pick<Request, 'socket' | 'headers'>): boolean {
  const { host, origin } = req.headers
  const site = req.headers['sec-fetch-site']
  if (!loopbackPeer.test(req.socket.remoteAddress ?? '')) return false
  if (!host || !loopbackHost.test(host)) return false
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return false
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return !Object.keys(req.headers).some(
    (name) =>
      name === 'forwarded' || name === 'via' || name === 'x-real-ip' || name.startsWith('x-forwarded-'),
  )
}

/**
 * The caller in the workspace and app of the path.
 * @throws Refusal `NotFound` where they have no part in it, `Forbidden` where their role does not allow the route
 */
export async function enter(
  db: Database,
  identity: Identity,
  access: Access,
  workspaceId: string,
  appId: string,
): Promise<Caller> {
  const standing = await findStanding(db, identity, workspaceId, appId)
  if (!standing) throw new Refusal('NotFound', 'there is no such workspace or app')
  const { roles, teams } = standing
  if (Array.isArray(access) && !(access as readonly Role[]).some((role) => roles.includes(role)))
    throw new Refusal('Forbidden', `this needs the role ${access.join(' or ')}`)
  return {
    workspaceId,
    appId,
    userId: identity.userId,
    ...(identity.name ? { name: identity.name } : {}),
    roles,
    teams,
  }
}
