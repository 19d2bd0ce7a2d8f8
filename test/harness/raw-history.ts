import type { Payload } from '@temporalio/common'
import {
  visit,
  walkGetWorkflowExecutionHistoryResponse,
} from '@temporalio/common/lib/internal-non-workflow/index.js'
import { temporal } from '@temporalio/proto'
import type { World } from './world.ts'

const { HistoryEvent } = temporal.api.history.v1

/** The events of a run as Temporal keeps them: no converter has touched them. */
export const rawHistory = async (world: World, instanceUuid: string): Promise<Uint8Array[]> =>
  ((await fetchRaw(world, instanceUuid)).history?.events ?? []).map((event) =>
    HistoryEvent.encode(event).finish(),
  )

/** The payloads in those events, but for headers and search attributes. */
export async function rawPayloads(world: World, instanceUuid: string): Promise<Payload[]> {
  const found: Payload[] = []
  await visit(await fetchRaw(world, instanceUuid), walkGetWorkflowExecutionHistoryResponse, {
    transformPayload: async (payload) => {
      found.push(payload)
      return payload
    },
    transformPayloads: async (payloads) => {
      found.push(...payloads)
      return payloads
    },
    skipHeaders: true,
    skipSearchAttributes: true,
  })
  return found
}

const fetchRaw = (world: World, instanceUuid: string) =>
  world.client.workflowService.getWorkflowExecutionHistory({
    namespace: world.client.options.namespace,
    execution: { workflowId: world.handle(instanceUuid).workflowId },
  })
