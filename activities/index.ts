import { callTool } from './call-tool.ts'
import { classifyIntent } from './classify-intent.ts'
import { deliverFiles } from './deliver-files.ts'
import type { Deps } from './deps.ts'
import { extractValues } from './extract-values.ts'
import { generateText } from './generate-text.ts'
import { giveUpIngestion } from './give-up-ingestion.ts'
import { goOn } from './go-on.ts'
import { hasRoom } from './has-room.ts'
import { ingestDocument } from './ingest-document.ts'
import { keepHandoff } from './keep-handoff.ts'
import { listTools } from './list-tools.ts'
import { loadDefinition } from './load-definition.ts'
import { loadTeam } from './load-team.ts'
import { makeDocument } from './make-document.ts'
import { makeImage } from './make-image.ts'
import { openFiring } from './open-firing.ts'
import { readFiles } from './read-files.ts'
import { readGiven } from './read-given.ts'
import { resolveNavigation } from './resolve-navigation.ts'
import { reviewText } from './review-text.ts'
import { runAgent } from './run-agent.ts'
import { searchWeb } from './search-web.ts'
import { sendNotice } from './send-notice.ts'
import { summarise } from './summarise.ts'
import { tellOwner } from './tell-owner.ts'
import { writeEntries } from './write-entries.ts'
import { writeSession } from './write-session.ts'

/** The activities of workflows, each with what it needs from outside already in its hands. */
export const createActivities = (deps: Deps) => ({
  callTool: callTool(deps),
  classifyIntent: goOn(deps, classifyIntent(deps), ({ intent }) => intent, { agent: runAgent(deps) }),
  deliverFiles: deliverFiles(deps),
  extractValues: extractValues(deps),
  generateText: generateText(deps),
  giveUpIngestion: giveUpIngestion(deps),
  hasRoom: hasRoom(deps),
  keepHandoff: keepHandoff(deps),
  listTools: listTools(deps),
  loadDefinition: loadDefinition(deps),
  loadTeam: loadTeam(deps),
  openFiring: openFiring(deps),
  readFiles: readFiles(deps),
  readGiven: readGiven(deps),
  resolveNavigation: resolveNavigation(deps),
  reviewText: reviewText(deps),
  runAgent: runAgent(deps),
  searchWeb: searchWeb(deps),
  sendNotice: sendNotice(deps),
  summarise: summarise(deps),
  tellOwner: tellOwner(deps),
  writeEntries: writeEntries(deps),
  writeSession: writeSession(deps),
})

/** Those that make and take in files: they have a queue, and where wanted processes, of their own. */
export const createMediaActivities = (deps: Deps) => ({
  ingestDocument: ingestDocument(deps),
  makeDocument: makeDocument(deps),
  makeImage: makeImage(deps),
})

export type Activities = ReturnType<typeof createActivities> & ReturnType<typeof createMediaActivities>
