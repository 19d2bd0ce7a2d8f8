import { ask, type DemoModel, dealFiles, startDemoModel, textOf } from './demo-model-ask.ts'

let model: DemoModel
let deal: string
beforeAll(async () => {
  model = await startDemoModel()
  deal = await dealFiles()
})
afterAll(() => model.stop())

const write = async (instruction: string, files = deal) =>
  textOf(await ask(model, `${instruction}\n${files}`))
const wordsIn = (text: string) => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length

describe('a proposal', () => {
  test('has the customer’s facts, unchanged', async () => {
    const proposal = await write(
      'Write a proposal for Halvorsen Logistik AS. Use only the call notes and the product sheet.',
    )
    for (const fact of [
      '# Proposal for Halvorsen Logistik AS',
      '38 depots',
      '1,150,000 NOK',
      '28 November 2026',
      'Nordkyst Frakt',
      '| Fleet | 219 NOK |',
      'Tomasz Wieczorek (Head of IT)',
    ])
      expect(proposal).toContain(fact)
  })

  test('keeps to itself what the customer need not read', async () => {
    const proposal = await write('Write a proposal for Halvorsen Logistik AS.')
    for (const secret of ['RuteKlar', 'veto', 'revolutionary', 'superlatives'])
      expect(proposal).not.toContain(secret)
  })

  test('says nothing twice', async () => {
    const lines = (await write('Write a proposal for Halvorsen Logistik AS.'))
      .split('\n')
      .filter((line) => line.length > 30)
    expect(new Set(lines).size).toBe(lines.length)
  })

  test('uses just the sections asked for', async () => {
    const proposal = await write('Write a proposal with the sections Background, Price and Next steps.')
    expect(proposal.match(/^## .+$/gm)).toEqual(['## Background', '## Price', '## Next steps'])
  })

  test('keeps near to a number of words', async () => {
    expect(wordsIn(await write('Write a proposal of at most 300 words.'))).toBeLessThanOrEqual(300)
  })
})

describe('other kinds', () => {
  test('a follow-up e-mail greets, thanks, promises with dates and signs, without headings', async () => {
    const email = await write(
      'Write the follow-up e-mail to Ingrid and Tomasz. The proposal and the deck are attached.',
    )
    expect(email).toMatch(
      /^Hello Ingrid and Tomasz,\n\nThank you for the call on 14 October 2026\. The proposal and deck are attached\./,
    )
    expect(email).toContain('24 October')
    expect(email).toContain('31 October')
    expect(email).toMatch(/Kind regards,\nPriya Raman$/)
    expect(email).not.toMatch(/^#|\*\*/m)
  })

  test('an e-mail of at most 100 words keeps what was promised', async () => {
    const email = await write('Write a follow-up e-mail of at most 100 words.')
    expect(wordsIn(email)).toBeLessThanOrEqual(100)
    expect(email).toContain('31 October')
  })

  test('a summary stays within its words', async () => {
    const summary = await write('Summarise the call in at most 80 words.')
    expect(wordsIn(summary)).toBeLessThanOrEqual(80)
    expect(summary).toContain('Halvorsen runs 38 depots')
  })

  test('reads Markdown tables as well as cells that stand below one another', async () => {
    const sheet =
      '<file name="prices.md"># Skyline: product sheet\n\n| Plan | Per month |\n| --- | --- |\n| Small | 10 EUR |\n| Large | 25 EUR |\n</file>'
    expect(await write('Write a proposal for Acme Ltd.', sheet)).toContain('| Large | 25 EUR |')
  })

  test('long values that stand in the prompt itself are material too', async () => {
    const notes =
      'Meeting notes: Borealis AB\n\nBorealis runs 12 ferries between Luleå and Vaasa. They want one ticket for car and cabin. The board decides on 3 March 2027, and the budget is 400,000 SEK for the first year.'
    const brief = await write(`Write a brief of 300 words on the meeting. Use only:\n${notes}`, '')
    expect(brief).toContain('Borealis runs 12 ferries between Luleå and Vaasa')
    expect(brief).toContain('400,000 SEK')
  })

  test('without material it says what it lacks, in a sentence', async () => {
    expect(await write('Write a proposal for Acme.', '')).toBe(
      'The request brings no file and no longer text, so the demo model has nothing to write this from.',
    )
  })

  test('chat repeats what the conversation knows and says that it is a demo', async () => {
    const answer = textOf(
      await ask(
        model,
        'How long may I return goods?',
        {},
        'You help customers. Goods can be returned within 30 days. Be polite.',
      ),
    )
    expect(answer).toContain('Goods can be returned within 30 days.')
    expect(answer).toContain('demo')
  })
})

describe('a text that comes back with a comment', () => {
  test('is changed as the comment says, not written anew', async () => {
    const proposal = await write('Write a proposal for Halvorsen Logistik AS.')
    const revised = await write(
      `Revise the proposal. The reviewer asks: change "38 depots" to "39 depots", remove the section Reference and mention the handset.\n\n${proposal}`,
      '',
    )
    expect(revised).toContain('39 depots')
    expect(revised).not.toContain('## Reference')
    expect(revised.split('\n').slice(0, 3)).toEqual(proposal.split('\n').slice(0, 3))
  })

  test('gets shorter when that is asked', async () => {
    const proposal = await write('Write a proposal for Halvorsen Logistik AS.')
    const shorter = await write(
      `Here is the proposal:\n${proposal}\n\nThe reviewer asks: make it shorter.`,
      '',
    )
    expect(wordsIn(shorter)).toBeLessThan(wordsIn(proposal) * 0.75)
    expect(shorter).toMatch(/^# Proposal for Halvorsen Logistik AS/)
  })
})
