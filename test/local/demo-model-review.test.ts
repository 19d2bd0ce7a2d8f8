import type { Finding } from '../../shared/contract/steps/review.ts'
import { ask, type DemoModel, dealFiles, shape, startDemoModel, textOf } from './demo-model-ask.ts'

let model: DemoModel
let deal: string
beforeAll(async () => {
  model = await startDemoModel()
  deal = await dealFiles()
})
afterAll(() => model.stop())

const house = 'You review for Fleetline.\nWords to avoid: revolutionary, best-in-class'
const text = { type: 'string' }
const findingsSchema = {
  type: 'object',
  required: ['findings'],
  properties: {
    findings: {
      type: 'array',
      items: {
        type: 'object',
        required: ['criterion', 'severity', 'quote', 'message'],
        properties: {
          criterion: text,
          severity: { enum: ['low', 'medium', 'high'] },
          quote: text,
          message: text,
          source: { type: ['string', 'null'] },
        },
      },
    },
  },
}

const review = async (
  reviewed: string,
  criteria = '- brand_voice\n- compliance\n- factual\n- plain: No superlatives.',
): Promise<Finding[]> => {
  const user = `Criteria:\n${criteria}\n<text>\n${reviewed}\n</text>\n<sources>\n${deal}\n</sources>`
  const { findings } = JSON.parse(
    textOf(await ask(model, user, shape(findingsSchema), `Task: review\n${house}`)),
  )
  for (const finding of findings) expect(reviewed).toContain(finding.quote)
  return findings
}

const about = (findings: Finding[], criterion: string) =>
  findings.filter((finding) => finding.criterion === criterion)

describe('a review', () => {
  test('passes the model’s own proposal and e-mail', async () => {
    for (const kind of ['proposal', 'follow-up e-mail'])
      expect(
        await review(textOf(await ask(model, `Write a ${kind} for Halvorsen Logistik AS.\n${deal}`))),
      ).toEqual([])
  })

  test('finds a word to avoid, an invented figure and a promise', async () => {
    const findings = await review(
      'Our revolutionary app helps. Halvorsen runs 45 depots in Norway. We guarantee 3 % fewer missed slots with Sorkyst.',
    )
    expect(about(findings, 'brand_voice').map((finding) => finding.quote)).toContain('revolutionary')
    expect(about(findings, 'compliance').map((finding) => finding.quote)).toEqual(['guarantee'])
    const [depots, sorkyst] = about(findings, 'factual')
    expect(depots).toMatchObject({
      severity: 'high',
      quote: 'Halvorsen runs 45 depots in Norway.',
      source: expect.stringContaining('38 depots'),
    })
    expect(sorkyst!.message).toContain('Sorkyst')
  })

  test('holds a text against rules in plain words', async () => {
    const findings = await review(
      'Fleet costs 219 NOK! It is the best.',
      '- plain: No superlatives. Must mention Nordkyst Frakt. Never say "Fleet".',
    )
    expect(findings.map((finding) => finding.message)).toEqual([
      'The rule says: no superlatives.',
      'The text does not mention Nordkyst Frakt.',
      'The rule says: no "Fleet".',
    ])
  })

  test('a revision corrects just the passages found, and then passes', async () => {
    const flawed =
      'Our revolutionary app helps.\n\nHalvorsen runs 45 depots in Norway. Dispatchers plan routes in spreadsheets.\n\nWe guarantee savings.'
    const findings = await review(flawed)
    const user = `<text>\n${flawed}\n</text>\n<findings>\n${JSON.stringify(findings)}\n</findings>\n<sources>\n${deal}\n</sources>`
    const revised = textOf(await ask(model, user, {}, `Task: revise\n${house}`))
    expect(revised).toBe(
      'Our app helps.\n\nHalvorsen runs 38 depots in Norway, Sweden and northern Germany. Dispatchers plan routes in spreadsheets.',
    )
    expect(await review(revised)).toEqual([])
  })
})
