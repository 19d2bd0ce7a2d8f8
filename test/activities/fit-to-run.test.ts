import { fitToRun } from '../../activities/fit-to-run.ts'
import { defaultSettings } from '../../shared/contract/settings.ts'

const pinned = (definition: unknown, sha256 = 'the same') =>
  ({ definition, version: 1, sha256, settings: defaultSettings }) as Parameters<typeof fitToRun>[0]

const good = {
  type: 'output_focused',
  name: 'Good',
  steps: [{ id: 'say', type: 'message', text: 'Hello' }],
}
const bad = { ...good, steps: [{ id: 'say', type: 'message', text: 'x'.repeat(100_001) }] }
const refused = { definition: null, code: 'InvalidDefinition' }

it('a definition is judged by what is there, whatever its row says of itself', () => {
  expect(fitToRun(pinned(good)).definition).toEqual(good)
  expect(fitToRun(pinned(bad))).toMatchObject(refused)
  expect(fitToRun(pinned(good)).definition).toEqual(good)
  expect(fitToRun(pinned(bad)).reason).toMatch(
    /^Version 1 is no definition that can run: steps\[0\].text: .*100000/,
  )
  expect(fitToRun(pinned(undefined))).toMatchObject(refused)
})

it('the verdict stays the same when many others were looked at since', () => {
  for (let at = 0; at < 1_000; at++) fitToRun(pinned({ ...good, name: `Good ${at}` }))
  expect(fitToRun(pinned(good)).definition).toEqual(good)
  expect(fitToRun(pinned(bad))).toMatchObject(refused)
})

it('one that is nested beyond what can be written down is refused, too', () => {
  const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner], 0)
  expect(fitToRun(pinned({ ...good, variables: { deep } }))).toMatchObject({
    ...refused,
    reason: expect.stringContaining('nested'),
  })
})
