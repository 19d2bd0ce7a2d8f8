import { z } from 'zod'
import type { Brand } from '../shared/contract/brand.ts'
import type { Json } from '../shared/contract/json.ts'
import { Finding, type Review, type ReviewResult } from '../shared/contract/steps/review.ts'
import type { Surroundings } from '../storage/sql/find-surroundings.ts'
import { modelCalls } from './call-model.ts'
import type { Deps } from './deps.ts'
import { findWords } from './find-words.ts'
import { promptRenderer } from './render-call.ts'
import { stepActivity } from './step-activity.ts'
import { instructions } from './write-instructions.ts'

const Findings = z.object({ findings: z.array(Finding) })

const findingsSchema = {
  type: 'object',
  required: ['findings'],
  properties: {
    findings: {
      type: 'array',
      description: 'What is wrong; empty when nothing is',
      items: {
        type: 'object',
        required: ['criterion', 'severity', 'quote', 'message'],
        properties: {
          criterion: { type: 'string', description: 'name of the criterion' },
          severity: { type: 'string', enum: ['low', 'medium', 'high'] },
          quote: { type: 'string', description: 'the passage, word for word as it stands in the text' },
          message: { type: 'string', description: 'what is wrong and how to mend it' },
          source: {
            type: 'string',
            description: 'for factual findings: the sentence of the sources that says otherwise',
          },
        },
      },
    },
  },
}

/** Runs a `review` step: criteria against a text, revising it by the findings as often as the step allows. */
export const reviewText = (deps: Deps) =>
  stepActivity<Review, ReviewResult & { [key: string]: Json }, Surroundings>(
    deps,
    async (job, { brand }) => {
      const { step } = job.call
      const render = promptRenderer(deps, job.call)
      const criteria = await Promise.all(
        step.criteria.map(async (one) => describeCriterion(one, brand, render)),
      )
      const sources = (await Promise.all([step.sources ?? []].flat().map(render))).join('\n\n')
      const calls = modelCalls(deps, job)
      const given = await render(step.of)
      let text = given
      let label: string | undefined
      for (let round = 1; ; round++) {
        const found = await calls.json(
          {
            system: instructions(brand, 'review', ['Answer with JSON only.']),
            user: reviewPrompt(text, criteria, sources),
          },
          findingsSchema,
        )
        label = found.label ?? label
        const findings = [...wordFindings(step, text, brand), ...readFindings(found.value, text)]
        const passed = findings.every(({ severity }) => severity === 'low')
        if (passed || round > (step.revise ?? 0))
          return {
            value: { passed, text, findings, rounds: round } as ReviewResult & { [key: string]: Json },
            label,
            input: { text: given },
          }
        const revised = await calls.text({
          system: instructions(brand, 'revise', ['Answer with the whole corrected text only.']),
          user: revisePrompt(text, findings, sources),
        })
        text = revised.text.trim()
      }
    },
    ({ around }) => around(),
  )

type RenderText = (template: string) => Promise<string>

async function describeCriterion(
  one: Review['criteria'][number],
  brand: Brand,
  render: RenderText,
): Promise<string> {
  if (typeof one === 'object') return `- ${one.name}: ${await render(one.rules)}`
  const rules = {
    brand_voice: `Sounds like ${brand.name}. ${brand.voice} ${brand.words.avoid.length > 0 ? `Never says: ${brand.words.avoid.join(', ')}.` : ''}`,
    compliance:
      'Promises nothing that cannot be kept, guarantees nothing, gives no legal or financial assurance, discriminates against nobody.',
    factual: 'Every number, name, date and claim stands in the sources.',
  }
  return `- ${one}: ${rules[one].trim()}`
}

const reviewPrompt = (text: string, criteria: string[], sources: string) =>
  `Criteria:\n${criteria.join('\n')}\n\n<text>\n${text}\n</text>${sources ? `\n\n<sources>\n${sources}\n</sources>` : ''}`

const revisePrompt = (text: string, findings: Finding[], sources: string) =>
  `Mend what the findings name, and change nothing else.\n\n<text>\n${text}\n</text>\n\n<findings>\n${JSON.stringify(findings)}\n</findings>${sources ? `\n\n<sources>\n${sources}\n</sources>` : ''}`

/** A model may misquote: a quote that does not stand in the text would send a reader looking for nothing. */
const readFindings = (value: Json, text: string): Finding[] =>
  Findings.parse(value).findings.map((finding) =>
    text.includes(finding.quote) ? finding : { ...finding, quote: '' },
  )

/** Words the workspace never says are found by reading, not by asking a model. */
const wordFindings = (step: Review, text: string, brand: Brand): Finding[] =>
  step.criteria.includes('brand_voice')
    ? findWords(text, brand.words.avoid).map(({ word, sentence }) => ({
        criterion: 'brand_voice',
        severity: 'medium' as const,
        quote: sentence,
        message: `“${word}” is a word ${brand.name} avoids.`,
      }))
    : []
