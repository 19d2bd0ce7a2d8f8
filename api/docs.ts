import { fileURLToPath } from 'node:url'
import { Router } from 'express'
import { errors } from '../shared/contract/errors.ts'
import { createOpenApi } from './openapi.ts'

/** Our own copy of the viewer: the page loads nothing from elsewhere. */
const viewer = fileURLToPath(import.meta.resolve('@scalar/api-reference/browser/standalone.js'))

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Parley API</title>
</head>
<body>
<div id="reference"></div>
<script src="/docs/viewer.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`

const start = `Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
})
`

const errorPage = () => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Parley: error codes</title></head>
<body>
<h1>Error codes</h1>
<p>Each error answer is <code>application/problem+json</code> with one of these in <code>code</code>. Those that may be tried again say so.</p>
<table>
<tr><th>code</th><th>status</th><th>meaning</th><th>try again</th></tr>
${Object.entries(errors)
  .map(
    ([code, { status, title, retry }]) =>
      `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td><td>${retry ? 'yes' : ''}</td></tr>`,
  )
  .join('\n')}
</table>
</body>
</html>
`

/** The viewer styles itself inline and keeps pictures in data URIs; nothing but this origin is ever loaded. */
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

/** `/openapi.json`, and `/docs` to read it with the codes of all errors. */
export function createDocs(): Router {
  const router = Router()
  const document = JSON.stringify(createOpenApi())
  router.get('/', (_req, res) => res.redirect(302, '/docs'))
  router.get('/openapi.json', (_req, res) => {
    res.type('application/json').send(document)
  })
  router.get('/docs', (_req, res) => {
    res.set('Content-Security-Policy', policy).type('html').send(page)
  })
  router.get('/docs/start.js', (_req, res) => {
    res.type('text/javascript').send(start)
  })
  router.get('/docs/viewer.js', (_req, res) => {
    res.set('Cache-Control', 'public, max-age=3600').sendFile(viewer)
  })
  router.get('/docs/errors', (_req, res) => {
    res.type('html').send(errorPage())
  })
  return router
}
