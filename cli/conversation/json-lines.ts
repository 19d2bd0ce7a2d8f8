import type { Writable } from 'node:stream'
import type { Instance, RunEvent } from '../../client/http.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Voice } from './voice.ts'

/**
 * Tells a run as one JSON object per line, for scripts: the events as the server sends them, and beside them
 * `connection`, `answerRefused`, `remark`, `waitsFor`, and at the end `result`, with the paths of what was saved.
 */
export class JsonLines implements Voice {
  private readonly output: Writable

  constructor(output: Writable) {
    this.output = output
  }

  event(event: RunEvent): void {
    this.line(event)
  }
  lost(): void {
    this.line({ event: 'connection', data: { state: 'lost' } })
  }
  back(): void {
    this.line({ event: 'connection', data: { state: 'back' } })
  }
  refused(reason: string): void {
    this.line({ event: 'answerRefused', data: { reason } })
  }
  remark(text: string): void {
    this.line({ event: 'remark', data: { text } })
  }
  waitsFor({ requestId, kind, approvers, deadline }: OpenRequest): void {
    this.line({ event: 'waitsFor', data: { requestId, kind, approvers, ...(deadline ? { deadline } : {}) } })
  }
  answered(): void {}
  ended(instance: Instance, saved: string[]): void {
    this.line({ event: 'result', data: { ...instance, saved } })
  }

  private line(value: unknown): void {
    this.output.write(`${JSON.stringify(value)}\n`)
  }
}
