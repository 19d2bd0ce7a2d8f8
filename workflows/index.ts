export { conversation } from './conversation.ts'
export { job } from './job.ts'
export { run } from './run.ts'
