import type { FileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import { Chart } from '../shared/contract/slides.ts'
import { type Image, type ImageSize, readSize, sizeExpected } from '../shared/contract/steps/image.ts'
import { stringify } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { idFrom } from '../storage/id-from.ts'
import { findWorkspace } from '../storage/sql/find-workspace.ts'
import type { Deps } from './deps.ts'
import { fileNameFrom } from './file-name.ts'
import { madeFile } from './made-file.ts'
import { paintOnce } from './paint-once.ts'
import { DocumentProblem } from './providers/documents/problem.ts'
import type { CardRequest } from './providers/images/cards/port.ts'
import { CardProblem } from './providers/images/cards/problem.ts'
import { promptRenderer, renderValue } from './render-call.ts'
import { type StepJob, stepActivity } from './step-activity.ts'
import { withoutNulls } from './without-nulls.ts'

/** What shared links show as a preview of 1.91 : 1. */
const cardSize: ImageSize = { width: 1200, height: 630 }

interface Picture {
  /** As they are in the assets, under the step's file id. */
  bytes: Uint8Array
  /** What names the file where the step does not. */
  title: string
  input: Json
  logs?: string[]
}

/** Runs an `image` step: a card composed in the workspace's name and colours, or a picture painted by a model. */
export const makeImage = (deps: Deps) =>
  stepActivity<Image, FileValue>(deps, async (job) => {
    const { step } = job.call
    const fileId = idFrom(job.effectKey('file'))
    const size = step.size === undefined ? undefined : sizeOf(text(job, step.size))
    const made = step.card
      ? await compose(deps, job, step.card, size ?? cardSize, fileId)
      : await paint(deps, job, step.prompt ?? '', size, fileId)
    const name = step.name === undefined ? '' : text(job, step.name)
    const file: FileValue = {
      fileId,
      name: fileNameFrom(name.replace(/\.png$/i, '') || made.title || 'image', 'png'),
      mediaType: 'image/png',
      bytes: made.bytes.length,
    }
    return {
      ...madeFile(job, file, made.bytes),
      input: made.input,
      ...(made.logs ? { logs: made.logs } : {}),
    }
  })

const text = ({ call }: StepJob<Image>, template: string): string =>
  stringify(renderValue(call, template)).trim()

function sizeOf(given: string): ImageSize {
  const size = readSize(given)
  if (!size) throw fail('ImageProblem', `The size is “${given.slice(0, 100)}”: ${sizeExpected}.`)
  return size
}

async function paint(
  deps: Deps,
  job: StepJob<Image>,
  template: string,
  size: ImageSize | undefined,
  fileId: string,
): Promise<Picture> {
  const prompt = (await promptRenderer(deps, job.call)(template)).trim()
  if (prompt === '')
    throw fail(
      'ImageProblem',
      'The prompt is empty: there is nothing to paint. Check the template that fills it.',
    )
  const bytes = await paintOnce(deps, job, { prompt, ...(size ? { size } : {}) }, fileId)
  return { bytes, title: '', input: { prompt } }
}

async function compose(
  { cards, assets, db }: Deps,
  job: StepJob<Image>,
  { template, ...card }: NonNullable<Image['card']>,
  size: ImageSize,
  fileId: string,
): Promise<Picture> {
  const { workspaceId } = job.call.run
  const { brand } = await findWorkspace(db, workspaceId)
  const words: Pick<CardRequest, 'title' | 'text' | 'chart'> = {
    ...(card.title === undefined ? {} : { title: text(job, card.title) }),
    ...(card.text === undefined ? {} : { text: text(job, card.text) }),
    ...(card.chart === undefined ? {} : { chart: readChart(renderValue(job.call, card.chart)) }),
  }
  const { label } = job.call
  const { bytes, strangers } = await cards
    .compose({ template, size, brand, ...words, ...(label === undefined ? {} : { label }) })
    .catch((error: unknown) => {
      const isTheirs = error instanceof CardProblem || error instanceof DocumentProblem
      throw isTheirs ? fail('ImageProblem', error.message) : error
    })
  await assets.put({ workspaceId, fileId, part: 'original' }, bytes)
  return {
    bytes,
    title: words.title || words.chart?.title || '',
    input: { template, ...words } as Json,
    ...(strangers === 0
      ? {}
      : {
          logs: [
            `${strangers} characters are shown as boxes: no font of the worker's machine has them. Install one that does.`,
          ],
        }),
  }
}

/** A chart as a builder or a model gave it. */
function readChart(given: Json): Chart {
  const parsed = Chart.safeParse(withoutNulls(given))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw fail(
    'ImageProblem',
    `The chart does not fit: ${issue?.path.join('.') || 'chart'}: ${issue?.message ?? 'unknown'}. Expected { type: bar, line or pie, title?, labels: [], series: [{ name, values: [] }] }.`,
  )
}
