import type { Image } from '../../shared/contract/steps/image.ts'
import { media } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runImage: Runner<Image> = async (step, run) => (await run.perform(media(step).makeImage)).value
