import type { RequestHandler } from 'express'
import { Refusal } from '../../shared/contract/errors.ts'
import { sendProblem } from '../errors.ts'

/**
 * Temporal's Web UI is another web site to a browser. It alone may ask from there, under the one address that the
 * operator gave; its requests then count as if they came from no page, so that the login decides.
 */
export const allowTemporalUi = (uiUrl: string | undefined): RequestHandler => {
  const allowed = uiUrl ? new URL(uiUrl).origin : undefined
  return (req, res, next) => {
    const { origin } = req.headers
    if (origin === undefined) return next()
    if (origin !== allowed) {
      const where = allowed ? `under ${allowed}` : 'where TEMPORAL_UI_URL is set'
      return sendProblem(
        req,
        res,
        new Refusal('Forbidden', `from a browser only Temporal’s Web UI may ask, ${where}`),
      )
    }
    res.set({
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Credentials': 'true',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      Vary: 'Origin',
    })
    if (req.method === 'OPTIONS') {
      res
        .set({
          'Access-Control-Allow-Methods': 'POST',
          'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Namespace',
          'Access-Control-Max-Age': '600',
        })
        .status(204)
        .end()
      return
    }
    delete req.headers.origin
    delete req.headers['sec-fetch-site']
    next()
  }
}
