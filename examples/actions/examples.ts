import type { Example, ExampleIntegration } from '../example.ts'

const integrations = {
  accounts: {
    name: 'accounts',
    description: 'The accounts of the customers',
    operations: [
      {
        name: 'getAccount',
        description: 'Finds an account by its number',
        method: 'GET',
        path: '/{number}',
        arguments: { type: 'object', required: ['number'], properties: { number: { type: 'string' } } },
      },
    ],
  },
  sms: {
    name: 'sms',
    description: 'A gateway for text messages',
    operations: [
      {
        name: 'sendSms',
        description: 'Sends a text message',
        method: 'POST',
        path: '/',
        arguments: {
          type: 'object',
          required: ['to', 'text'],
          properties: { to: { type: 'string' }, text: { type: 'string' } },
        },
      },
    ],
  },
  payments: {
    name: 'payments',
    description: 'Takes payments',
    operations: [
      {
        name: 'pay',
        description: 'Pays an amount in euro for an account',
        method: 'POST',
        path: '/',
        arguments: {
          type: 'object',
          required: ['account', 'amount'],
          properties: { account: { type: 'string' }, amount: { type: 'number' } },
        },
      },
    ],
  },
} satisfies Record<string, ExampleIntegration>

/** Three actions, each over a system of `systems.ts`, a fourth that fetches a person, and the conversation whose agent calls them. */
export const accountDesk: Example[] = [
  {
    folder: new URL('./account-lookup/', import.meta.url),
    files: {},
    integration: integrations.accounts,
  },
  { folder: new URL('./send-sms/', import.meta.url), files: {}, integration: integrations.sms },
  { folder: new URL('./take-payment/', import.meta.url), files: {}, integration: integrations.payments },
  {
    folder: new URL('./transfer-to-person/', import.meta.url),
    files: {},
    teams: ['support'],
    needsSystems: true,
  },
  { folder: new URL('./account-desk/', import.meta.url), files: {}, needsSystems: true },
]
