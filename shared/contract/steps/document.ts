import { z } from 'zod'
import { JsonValue } from '../json.ts'
import { type StepKind, step } from '../step.ts'
import { Placeholder, Template, Wording } from '../template.ts'

const SlideTemplate = z.strictObject({
  title: Wording,
  body: Template.optional(),
  notes: Template.optional(),
  chart: z.union([Placeholder, z.record(z.string(), JsonValue)]).optional(),
})

export const Document = step('document', {
  format: z.enum(['docx', 'pptx', 'pdf', 'md', 'html']),
  template: z.string().optional(),
  /** Markdown; a fenced `chart` block holds `{ type, labels, series }`. */
  content: Template.optional(),
  slides: z.union([Placeholder, z.array(SlideTemplate).min(1).max(200)]).optional(),
  name: Wording,
}).refine((one) => one.content !== undefined || one.slides !== undefined, {
  message: 'a document needs "content" or "slides"',
  path: ['content'],
})
export type Document = z.infer<typeof Document>

export const document = {
  schema: Document,
  title: 'Make a document',
  weight: 3,
  unsupported: (step) => (step.template ? ['template'] : []),
} satisfies StepKind<Document>
