import type { Tool } from '../../shared/contract/steps/tool.ts'
import { tools } from '../activities.ts'
import type { Runner } from './runner.ts'

export const runTool: Runner<Tool> = async (step, run) => (await run.perform(tools(step).callTool)).value
