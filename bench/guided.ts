/** The guided run that is measured: ten steps, two answers of people, five activities that do something. */
export const guided = {
  name: 'Customer letter',
  type: 'output_focused',
  steps: [
    {
      id: 'topic',
      type: 'ask',
      question: 'What is the letter about?',
      answer: { type: 'text', minLength: 3 },
    },
    { id: 'noted', type: 'set', variables: { topic: '${topic}' } },
    {
      id: 'letter',
      type: 'draft',
      format: 'markdown',
      prompt: 'Write a letter to our customers about ${variables.topic}.',
    },
    { id: 'checked', type: 'review', of: '${letter}', criteria: ['brand_voice', 'compliance'], revise: 1 },
    {
      id: 'gate',
      type: 'branch',
      cases: [
        {
          when: '${checked.passed}',
          steps: [
            {
              id: 'ok',
              type: 'approval',
              title: 'Send the letter about ${variables.topic}?',
              artifact: { text: '${checked.text}' },
            },
          ],
        },
      ],
    },
    {
      id: 'file',
      type: 'document',
      format: 'md',
      name: 'Letter: ${variables.topic}',
      content: '${checked.text}',
    },
    { id: 'out', type: 'deliver', files: ['${file}'], to: ['library'] },
    {
      id: 'told',
      type: 'notify',
      to: { users: ['local-admin'] },
      text: 'The letter about ${variables.topic} is out.',
      by: ['inbox'],
    },
    { id: 'done', type: 'end', output: { letter: '${file.fileId}' } },
  ],
} as const satisfies object

/** Of the definition above, nested ones included. */
export const stepsPerRun = 10

export const topic = 'the new opening hours'

/** Waits for an answer, and gives it back. */
export const waiting = {
  name: 'Waits for an answer',
  type: 'output_focused',
  steps: [
    { id: 'word', type: 'ask', question: 'Which word?', answer: { type: 'text' } },
    { id: 'done', type: 'end', output: { word: '${word}' } },
  ],
} as const satisfies object
