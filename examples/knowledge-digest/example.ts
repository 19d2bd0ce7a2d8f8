import type { Example } from '../example.ts'

export const knowledgeDigest: Example = {
  folder: new URL('./', import.meta.url),
  files: { documents: ['market-brief.pdf'] },
  schedule: ({ documents = [] }) => ({
    name: 'Weekly digest',
    calendar: { at: ['07:00'], weekdays: ['monday'] },
    // It pays for model calls and sends mail: whoever wants that resumes it.
    paused: true,
    input: {
      topic: 'Cold-chain telemetry in the Nordics',
      documents,
      recipients: ['digest@fleetline.example'],
      unattended: true,
    },
  }),
}
