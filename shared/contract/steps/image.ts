import { z } from 'zod'
import { JsonValue } from '../json.ts'
import { type Problem, type StepKind, step } from '../step.ts'
import { Placeholder, Template, Wording } from '../template.ts'

export const cardTemplates = ['title', 'quote', 'comparison', 'chart', 'cover'] as const
export type CardTemplate = (typeof cardTemplates)[number]

/** In pixels, both ways. Smaller ones cannot hold a word, larger ones are nobody's card. */
export const imageBounds = { least: 64, most: 2048 } as const

export interface ImageSize {
  width: number
  height: number
}

/** `1200x630` as width and height; undefined when it is no size, or one out of bounds. */
export function readSize(text: string): ImageSize | undefined {
  const [, width, height] = /^\s*(\d{1,5})\s*[x×]\s*(\d{1,5})\s*$/i.exec(text) ?? []
  const size = { width: Number(width), height: Number(height) }
  return Object.values(size).every((side) => side >= imageBounds.least && side <= imageBounds.most)
    ? size
    : undefined
}

export const sizeExpected = `expected width x height in pixels, each ${imageBounds.least} to ${imageBounds.most}, for example 1200x630`

const Size = Template.refine((text) => text.includes('${') || readSize(text) !== undefined, {
  error: (issue) => `"${issue.input}" is not a size: ${sizeExpected}`,
})

const Card = z.strictObject({
  template: z.enum(cardTemplates, { error: `a template is one of ${cardTemplates.join(', ')}` }),
  title: Template.optional(),
  /** Markdown. Of a comparison, its sides: a heading for each, or a line of --- between them. */
  text: Template.optional(),
  /** `{ type, labels, series }`, as in documents. */
  chart: z.union([Placeholder, z.record(z.string(), JsonValue)]).optional(),
})

export const Image = step('image', {
  /** What a model is to paint. */
  prompt: Wording.optional(),
  /** A card composed in the workspace's name and colours. */
  card: Card.optional(),
  size: Size.optional(),
  name: Template.optional(),
}).refine((one) => (one.prompt === undefined) !== (one.card === undefined), {
  message: 'an image needs either "prompt" or "card", and not both',
  path: ['card'],
})
export type Image = z.infer<typeof Image>

/** What each template cannot do without: one of these fields. */
const needs: Record<CardTemplate, readonly ('title' | 'text' | 'chart')[]> = {
  title: ['title', 'text'],
  cover: ['title', 'text'],
  quote: ['text'],
  comparison: ['text', 'chart'],
  chart: ['chart'],
}
const draws: readonly CardTemplate[] = ['chart', 'comparison']

/** Said where a step would have a picture painted and nothing is there to paint it. */
export const imagesMissing =
  'no image model is configured: set OPENAI_API_KEY and OPENAI_IMAGE_MODEL (for example gpt-image-1), then start Parley again. The demo model paints nothing; an image with a "card" in place of "prompt" needs no model'

function cardProblems({ id, card }: Image): Problem[] {
  if (!card) return []
  const { template } = card
  const problem = (path: string, message: string) => ({ stepId: id, path: `card.${path}`, message })
  const [first = 'title', ...others] = needs[template]
  return [
    ...(needs[template].some((field) => card[field] !== undefined)
      ? []
      : [
          problem(
            first,
            `a ${template} card needs ${[first, ...others].map((field) => `"${field}"`).join(' or ')}`,
          ),
        ]),
    ...(card.chart !== undefined && !draws.includes(template)
      ? [problem('chart', `only cards of ${draws.join(' and ')} show a chart, this one is "${template}"`)]
      : []),
  ]
}

export const image = {
  schema: Image,
  title: 'Make an image',
  weight: 3,
  check: (step, { world }) => [
    ...cardProblems(step),
    ...(step.prompt !== undefined && world.images === false
      ? [
          {
            stepId: step.id,
            path: 'prompt',
            message: imagesMissing,
            warning: (step.onError ?? 'fail') !== 'fail',
          },
        ]
      : []),
  ],
} satisfies StepKind<Image>
