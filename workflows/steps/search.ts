import type { Search } from '../../shared/contract/steps/search.ts'
import { tools } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runSearch: Runner<Search> = async (step, run) => (await run.perform(tools(step).searchWeb)).value
