import { compressionTo } from '../../shared/temporal/connect.ts'

it.each([
  ['127.0.0.1:7233', 'none'],
  ['localhost:7233', 'none'],
  ['[::1]:7233', 'none'],
  ['temporal:7233', 'gzip'],
  ['parley.a2dd6.tmprl.cloud:7233', 'gzip'],
  ['127.0.0.1.example.com:7233', 'gzip'],
  ['10.0.0.7:7233', 'gzip'],
])('requests to Temporal at %s are packed with %s', (address, codec) => {
  expect(compressionTo(address)).toEqual({ codec })
})
