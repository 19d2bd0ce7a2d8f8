/** The hand-written workflows that Parley is measured against. */
export { talkByCall, talkInOne } from './talk.ts'
export { letter } from './workflow.ts'
