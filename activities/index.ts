import { deliverFiles } from './deliver-files.ts'
import type { Deps } from './deps.ts'
import { generateText } from './generate-text.ts'
import { loadDefinition } from './load-definition.ts'
import { makeDocument } from './make-document.ts'
import { readFiles } from './read-files.ts'
import { reviewText } from './review-text.ts'
import { sendNotice } from './send-notice.ts'
import { writeEntries } from './write-entries.ts'

/** Every activity, with what it needs from outside already in its hands. */
export const createActivities = (deps: Deps) => ({
  deliverFiles: deliverFiles(deps),
  generateText: generateText(deps),
  loadDefinition: loadDefinition(deps),
  makeDocument: makeDocument(deps),
  readFiles: readFiles(deps),
  reviewText: reviewText(deps),
  sendNotice: sendNotice(deps),
  writeEntries: writeEntries(deps),
})

export type Activities = ReturnType<typeof createActivities>
