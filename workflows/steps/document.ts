import type { Document } from '../../shared/contract/steps/document.ts'
import { media } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runDocument: Runner<Document> = async (step, run) =>
  (await run.perform(media(step).makeDocument)).value
