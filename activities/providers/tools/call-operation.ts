import { milliseconds } from '../../../shared/contract/duration.ts'
import type { Operation } from '../../../shared/contract/integration.ts'
import { schemaProblems } from '../../../shared/contract/json-schema.ts'
import { secretsIn } from '../../../shared/contract/secure.ts'
import { fail, kindOf } from '../../../shared/temporal/failure.ts'
import type { Database } from '../../../storage/sql/database.ts'
import { findOperation, type IntegrationPlace } from '../../../storage/sql/integrations.ts'
import { buildRequest } from './build-request.ts'
import { fillMarks } from './fill-marks.ts'
import type { ToolValue } from './mcp-result.ts'
import type { OpenSecrets } from './open-secrets.ts'
import { afterSending, refusedBy } from './operation-failure.ts'
import type { ToolCall, Tools } from './port.ts'
import { readAnswer } from './read-answer.ts'
import { redacted } from './redact.ts'

interface OperationDeps {
  db: Database
  outbound: typeof fetch
  openSecrets: OpenSecrets
}

/** Calls an operation of an integration once. See the port for what is thrown when. */
export async function callOperation(
  { db, outbound, openSecrets }: OperationDeps,
  call: Parameters<Tools['callOperation']>[0],
): Promise<ToolValue> {
  const found = call.found ?? (await findOperation(db, call, call.integration, call.operation))
  if (typeof found === 'string') throw fail('ToolUnavailable', found)
  const { place, operation } = found
  const { values, redactor } = await openSecrets(
    call,
    [...call.marks.values(), ...namedBy(place, operation)],
    place.baseUrl,
  )
  try {
    const marks = new Map([...call.marks].map(([mark, name]) => [mark, values.get(name) ?? '']))
    const given = fillMarks(call.arguments, marks)
    mustFit(operation, given)
    const { url, headers, body } = buildRequest(place, operation, given, values)
    if (operation.changes) headers.set('idempotency-key', call.key)
    const within = milliseconds(operation.timeout)
    const deadline = AbortSignal.timeout(within)
    if (!operation.repeatable) await call.onHandOver()
    try {
      const answer = await outbound(url, {
        method: operation.method,
        headers,
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([call.signal, deadline]),
      })
      if (!answer.ok) throw await refusedBy(answer, operation, redactor)
      return await readAnswer(answer, redactor)
    } catch (error) {
      if (call.signal.aborted || kindOf(error)) throw error
      throw afterSending(error, operation, deadline.aborted ? within : undefined)
    }
  } catch (error) {
    throw redacted(error, redactor.text)
  }
}

/** Secrets that the integration and the operation put in themselves. */
function namedBy(place: IntegrationPlace, operation: Operation): string[] {
  const texts = [place.headers, place.query, operation.headers, operation.query]
  const direct = texts.flatMap((one) =>
    Object.values(one).flatMap((value) => (typeof value === 'string' ? [] : [value.secret])),
  )
  return [...direct, ...secretsIn([texts, operation.body ?? null])]
}

function mustFit(operation: Operation, given: ToolCall['arguments']): void {
  const problems = schemaProblems(operation.arguments, given)
  if (problems.length > 0)
    throw fail(
      'ToolInputInvalid',
      `The arguments do not fit the operation “${operation.name}”: ${problems.map(({ path, message }) => `${path ? `${path} ` : ''}${message}`).join('; ')}`,
      { details: [problems] },
    )
}
