import { z } from 'zod'
import type { FileValue } from '../shared/contract/file.ts'
import type { Json } from '../shared/contract/json.ts'
import { Slide } from '../shared/contract/slides.ts'
import type { Document } from '../shared/contract/steps/document.ts'
import { stringify } from '../shared/contract/template.ts'
import { fail } from '../shared/temporal/failure.ts'
import { idFrom } from '../storage/id-from.ts'
import type { Surroundings } from '../storage/sql/find-surroundings.ts'
import type { Deps } from './deps.ts'
import { fileNameFrom } from './file-name.ts'
import { madeFile } from './made-file.ts'
import type { DocumentRequest } from './providers/documents/port.ts'
import { DocumentProblem } from './providers/documents/problem.ts'
import { renderValue } from './render-call.ts'
import { stepActivity } from './step-activity.ts'
import { withoutNulls } from './without-nulls.ts'

/** Runs a `document` step: content or slides become a file in the workspace's name and colours. */
export const makeDocument = (deps: Deps) =>
  stepActivity<Document, FileValue, Surroundings>(
    deps,
    async (job, { brand, settings }) => {
      const { step, run, label } = job.call
      const name = stringify(renderValue(job.call, step.name)).trim()
      const content = step.content === undefined ? undefined : stringify(renderValue(job.call, step.content))
      const slides = step.slides === undefined ? undefined : readSlides(renderValue(job.call, step.slides))
      const made = await make(deps, {
        format: step.format,
        name,
        brand,
        timeZone: settings.timeZone,
        date: new Date().toISOString(),
        ...(content === undefined ? {} : { content }),
        ...(slides === undefined ? {} : { slides }),
        ...(label === undefined ? {} : { label }),
      })
      const fileId = idFrom(job.effectKey('file'))
      await deps.assets.put({ workspaceId: run.workspaceId, fileId, part: 'original' }, made.bytes)
      const file: FileValue = {
        fileId,
        name: fileNameFrom(name, made.extension),
        mediaType: made.mediaType,
        bytes: made.bytes.length,
      }
      return {
        ...madeFile(job, file, made.bytes),
        input: {
          name,
          ...(content === undefined ? {} : { content }),
          ...(slides === undefined ? {} : { slides: slides as unknown as Json }),
        },
      }
    },
    ({ around }) => around(),
  )

async function make({ documents }: Deps, request: DocumentRequest) {
  try {
    return await documents.make(request)
  } catch (error) {
    if (error instanceof DocumentProblem) throw fail('DocumentProblem', error.message)
    throw error
  }
}

/** Slides as a model or a builder gave them: a list, or an object that holds one under `slides`. */
function readSlides(given: Json): Slide[] {
  const list =
    typeof given === 'object' && given !== null && !Array.isArray(given) && 'slides' in given
      ? given.slides
      : given
  const parsed = z
    .array(Slide)
    .min(1)
    .max(200)
    .safeParse(withoutNulls(list as Json))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw fail(
    'DocumentProblem',
    `The slides do not fit: ${issue?.path.join('.') || 'slides'}: ${issue?.message ?? 'unknown'}. Expected a list of { title, body?, notes?, chart? }.`,
  )
}
