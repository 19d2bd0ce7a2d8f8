import { Waiting } from '../../cli/conversation/waiting.ts'

it('questions opened at once are asked in the order of the definition, whichever is told of first', () => {
  const openedAt = '2026-11-25T09:30:00.000Z'
  const waiting = new Waiting()
  waiting.open({ requestId: 'third', openedAt, place: '0001:00010' })
  waiting.open({ requestId: 'later', openedAt: '2026-11-25T09:30:00.001Z', place: '0000' })
  waiting.open({ requestId: 'first', openedAt, place: '0001:00002.0002' })
  waiting.open({ requestId: 'second', openedAt, place: '0001:00002.0003' })
  const asked: (string | undefined)[] = []
  for (; waiting.size > 0; waiting.delete(asked.at(-1) as string)) asked.push(waiting.first)
  expect(asked).toEqual(['first', 'second', 'third', 'later'])
  // One whose reply did not fit comes back to its place; one that is unknown does not.
  waiting.add('later')
  waiting.add('second')
  waiting.add('other')
  expect([waiting.first, waiting.size]).toEqual(['second', 2])
})
