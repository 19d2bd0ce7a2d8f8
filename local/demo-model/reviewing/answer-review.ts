import { isObject, type Json } from '../../../shared/contract/json.ts'
import { emptyValue, fits, resolve, type Schema } from '../answering/schema-walk.ts'
import { readDocument, type Source } from '../material/read-material.ts'
import type { Prompt } from '../prompt/read-prompt.ts'
import { type Criterion, type Finding, reviewText } from './review-text.ts'
import { reviseByFindings, reviseByRequest } from './revise-text.ts'

const earlierText = (prompt: Prompt): string | undefined =>
  prompt.tagged.get('text') ?? prompt.sources.find((source) => source.name === 'the prompt')?.text

const beside = (prompt: Prompt): Source[] => prompt.sources.filter((source) => source.name !== 'the prompt')

/** `Task: review`: the findings in the shape that the schema wants. */
export const answerReview = (prompt: Prompt, schema: Schema): Json => {
  const findings = reviewText({
    text: earlierText(prompt) ?? '',
    criteria: criteriaIn(prompt),
    sources: beside(prompt),
    guide: prompt.guide,
  })
  const root = resolve(schema, schema)
  const properties = isObject(root.properties) ? root.properties : {}
  const items = resolve(resolve(properties.findings, root).items, root)
  const shaped = findings.map((finding) => shapeFinding(finding, items, root))
  const known: Record<string, Json> = { findings: shaped, passed: findings.length === 0 }
  const made = Object.fromEntries(
    Object.keys(properties).map((name) => [name, known[name] ?? emptyValue(properties[name], root)]),
  )
  const answer = Object.keys(properties).length ? made : { findings: shaped }
  return fits(root, answer) ? answer : emptyValue(root, root)
}

const shapeFinding = (finding: Finding, items: Schema, root: Schema): Json => {
  const known = finding as unknown as Record<string, Json>
  const properties = isObject(items.properties) ? Object.keys(items.properties) : Object.keys(known)
  const required = new Set((items.required as string[]) ?? [])
  const entries = properties.flatMap((name): [string, Json][] => {
    if (known[name] !== undefined) return [[name, known[name]]]
    return required.has(name) ? [[name, emptyValue((items.properties as Schema)[name], root)]] : []
  })
  return Object.fromEntries(entries)
}

/** Lines "- name: rules" of the messages, outside the text and the sources. */
const criteriaIn = (prompt: Prompt): Criterion[] => {
  const words = [prompt.tagged.get('criteria') ?? '', prompt.instruction, prompt.system].join('\n')
  return [...words.matchAll(/^\s*[-*•] ["“`*]*([\w][\w &/-]*?)["”`*]*(?::[ \t]*(.*))?$/gm)].map(
    ([, name, rules]) => ({ name: name!.trim(), rules: rules?.trim() ?? '' }),
  )
}

/** A draft that is asked for again: an earlier text is given, with words that ask for a change. */
export const isRevision = (prompt: Prompt): boolean =>
  earlierText(prompt) !== undefined &&
  (prompt.tagged.has('text') ||
    /\b(?:revis\w*|rework\w*|rewrite|improve|reviewer|approver|requested changes?|comments?|apply|shorten|shorter|change[sd]?|correct)\b/i.test(
      prompt.instruction,
    ))

/** `Task: revise` with findings, or a draft with somebody's comment. */
export const answerRevision = (prompt: Prompt, schema: Schema | undefined): Json => {
  const text = earlierText(prompt) ?? ''
  const facts = beside(prompt).flatMap((source) => readDocument(source).facts)
  const byFindings = reviseByFindings(text, findingsIn(prompt), facts)
  const request = [prompt.tagged.get('comment') ?? '', prompt.instruction].join('\n').trim()
  const revised = reviseByRequest(byFindings, request, facts, prompt.guide.avoid)
  if (!schema) return revised
  const root = resolve(schema, schema)
  const name = isObject(root.properties)
    ? Object.keys(root.properties).find((key) => /text|content|draft|revised/i.test(key))
    : undefined
  const answer = { ...(emptyValue(root, root) as Record<string, Json>), ...(name && { [name]: revised }) }
  return fits(root, answer) ? answer : emptyValue(root, root)
}

const findingsIn = (prompt: Prompt): Finding[] => {
  try {
    const value: unknown = JSON.parse(prompt.tagged.get('findings') ?? '[]')
    const list = Array.isArray(value)
      ? value
      : isObject(value) && Array.isArray(value.findings)
        ? value.findings
        : []
    return list.filter(isObject).map((each) => ({
      criterion: '',
      severity: 'medium',
      quote: String(each.quote ?? ''),
      message: String(each.message ?? ''),
      ...(typeof each.source === 'string' && { source: each.source }),
    }))
  } catch {
    return []
  }
}
