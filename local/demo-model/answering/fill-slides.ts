import { isObject, type Json } from '../../../shared/contract/json.ts'
import { type Slide, writeSlides } from '../writing/write-slides.ts'
import { emptyValue, fits, resolve, type Schema, withDefinitions } from './schema-walk.ts'
import { clip, type Scope, type Slot, spoken } from './scope.ts'
import { shapeChart } from './shape-chart.ts'

/** A list called slides, or one whose items have a title and a body and are asked for as a deck. */
export const isAboutSlides = (slot: Slot, items: Schema): boolean => {
  const properties = isObject(items.properties) ? items.properties : {}
  return (
    'title' in properties &&
    (/slide|deck|presentation|pages/.test(spoken(slot.name)) ||
      ('notes' in properties && ('body' in properties || 'bullets' in properties)))
  )
}

export const fillSlides = (scope: Scope, items: Schema, least: number, most: number): Json[] => {
  const properties = items.properties as Schema
  const required = new Set((items.required as string[]) ?? [])
  return ofNumber(writeSlides(scope.prompt), least, most).map((slide) => {
    const made: Record<string, Json> = {}
    for (const [name, schema] of Object.entries(properties)) {
      const value = partOf(slide, name, schema, scope.root)
      if (value !== undefined && fits(withDefinitions(schema as Schema, scope.root), value))
        made[name] = value
      else if (required.has(name)) made[name] = emptyValue(schema, scope.root)
    }
    return made
  })
}

const partOf = (slide: Slide, name: string, given: unknown, root: Schema): Json | undefined => {
  const schema = resolve(given, root)
  const most = Number(schema.maxLength ?? Infinity)
  const isList = schema.type === 'array'
  if (/^(?:title|heading|headline)$/i.test(name)) return clip(slide.title, most)
  if (/^(?:body|content|text|bullets|points|items|lines)$/i.test(name))
    return isList
      ? slide.bullets.slice(0, Number(schema.maxItems ?? Infinity))
      : linesWithin(slide.bullets, most)
  if (/note|speaker|script/i.test(name)) return clip(slide.notes, most)
  if (/chart|graph|figure/i.test(name)) return slide.chart && shapeChart(slide.chart, schema, root)
  return undefined
}

const linesWithin = (bullets: string[], most: number): string => {
  const kept = [...bullets]
  const text = () => kept.map((bullet) => `- ${bullet}`).join('\n')
  while (kept.length > 1 && text().length > most) kept.pop()
  return clip(text(), most)
}

/** Too many: the last but one goes, as the first and the last frame the talk. Too few: the longest is told on two. */
const ofNumber = (slides: Slide[], least: number, most: number): Slide[] => {
  const kept = [...slides]
  while (kept.length > most) kept.splice(Math.max(1, kept.length - 2), 1)
  while (kept.length < least) {
    const longest = kept.reduce((a, b) => (b.bullets.length > a.bullets.length ? b : a), kept[0]!)
    if (!longest || longest.bullets.length < 2) break
    const half = Math.ceil(longest.bullets.length / 2)
    const { chart: _shown, ...rest } = longest
    kept.splice(
      kept.indexOf(longest),
      1,
      { ...longest, bullets: longest.bullets.slice(0, half) },
      {
        ...rest,
        title: `${longest.title.replace(/, continued$/, '')}, continued`,
        bullets: longest.bullets.slice(half),
      },
    )
  }
  return kept
}
