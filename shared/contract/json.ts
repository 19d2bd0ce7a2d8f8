import { z } from 'zod'
import './issue-words.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** How deep a JSON value from outside may be nested: what is deeper would overflow the stack of whoever walks it. */
const deepest = 150

const isJson = (value: unknown, depth = 0): boolean => {
  if (typeof value !== 'object' || value === null)
    return ['string', 'boolean'].includes(typeof value) || value === null || Number.isFinite(value)
  if (depth > deepest) return false
  for (const inner of Array.isArray(value) ? value : Object.values(value))
    if (!isJson(inner, depth + 1)) return false
  return true
}

/** Any JSON value. Unlike `z.json()` it takes a megabyte in its stride and does not overflow the stack. */
export const JsonValue: z.ZodType<Json> = z
  .any()
  .refine((value) => isJson(value), `must be JSON, nested at most ${deepest} deep`)
