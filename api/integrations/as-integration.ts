import type { IntegrationFields } from '../../shared/contract/integration.ts'
import type { addIntegration } from '../../storage/sql/integrations.ts'
import { readDocument } from './read-document.ts'
import { readOperations } from './read-operations.ts'
import { refused } from './refused.ts'

type Kept = Parameters<typeof addIntegration>[3]

/**
 * An integration as it is kept: its operations as they were written, or as its document describes them.
 * @throws Refusal `Invalid` with what is wrong with the document
 */
export async function asIntegration(fields: IntegrationFields): Promise<Kept> {
  const { name, description, headers, query, openapi } = fields
  const common = { name, description, headers, query }
  if (openapi === undefined)
    return {
      ...common,
      baseUrl: fields.baseUrl ?? '',
      operations: fields.operations ?? [],
      openapi: null,
      leftOut: [],
    }
  const document = readDocument(openapi)
  const read = await readOperations(document, fields.include)
  const baseUrl = fields.baseUrl ?? document.server
  if (baseUrl === undefined)
    throw refused('baseUrl', 'the document names no server with a whole address: say where the system is')
  return { ...common, baseUrl, openapi: openapi as Kept['openapi'], ...read }
}
