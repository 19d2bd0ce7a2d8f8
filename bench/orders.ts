import { createServer } from 'node:http'

/** Another system with orders, as a tool sees it: it answers at once. A process of its own, like the model. */
const order = JSON.stringify({
  id: '1042',
  status: 'sent',
  carrier: 'Parcel and Sons',
  expected: '2026-12-01',
})

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json' }).end(order)
})

server.listen(Number(process.env.PORT), '127.0.0.1', () => process.stdout.write('{"ready":true}\n'))
process.on('SIGTERM', () => process.exit(0))
