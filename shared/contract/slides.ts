import { z } from 'zod'

/** A chart as builders and models write it: as data, drawn by each document format in its own way. */
export const Chart = z
  .object({
    type: z.enum(['bar', 'line', 'pie']),
    title: z.string().max(200).optional(),
    labels: z.array(z.string().max(200)).min(1).max(100),
    series: z
      .array(z.object({ name: z.string().max(200), values: z.array(z.number()).min(1).max(100) }))
      .min(1)
      .max(10),
  })
  .refine((chart) => chart.series.every((one) => one.values.length === chart.labels.length), {
    message: 'each series needs one value per label',
    path: ['series'],
  })
export type Chart = z.infer<typeof Chart>

/** One slide: a title, Markdown for its body, a chart beside it, notes for the speaker. */
export const Slide = z.object({
  title: z.string().max(300),
  body: z.string().max(20_000).optional(),
  notes: z.string().max(20_000).optional(),
  chart: Chart.optional(),
})
export type Slide = z.infer<typeof Slide>
