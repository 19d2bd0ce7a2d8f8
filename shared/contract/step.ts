import { z } from 'zod'
import type { AppWorld } from './app-world.ts'
import { Duration } from './duration.ts'
import { Placeholder } from './template.ts'

/**
 * Words that a step's id or a key may not be: roots of expressions, CEL's reserved words, type names and constants, and
 * what every JavaScript object has already.
 */
export const reservedNames: ReadonlySet<string> = new Set(
  `input userMessage uiFlowContext variables analysis transcript secure item index error
  true false null in as break const continue else for function if import let loop package namespace return var void while
  int uint double bool string bytes list map type null_type timestamp duration dyn optional size has re cel google
  prototype constructor toString toLocaleString valueOf hasOwnProperty isPrototypeOf propertyIsEnumerable`.split(
    /\s+/,
  ),
)

/** A step's id is also the key of its result, so it reads as a name in expressions. */
export const StepId = z
  .string()
  .regex(
    /^[a-z][A-Za-z0-9_]{0,63}$/,
    'an id starts with a small letter and holds letters, digits and _ (64 at most)',
  )
  .refine((id) => !reservedNames.has(id), {
    error: (issue) => `"${issue.input}" is a reserved word and cannot be an id`,
  })

/** What the engine knows of any step. The fields of its type are the business of its kind and its runner. */
export interface AnyStep {
  id: string
  type: string
  title?: string | undefined
  when?: string | undefined
  weight?: number | undefined
  timeout?: string | undefined
  retry?: { attempts: number; backoff?: string | undefined } | undefined
  onError?: 'fail' | 'continue' | { steps: AnyStep[] } | undefined
}

/** Nested steps. Their types are checked by the registry of kinds, one by one, so that each problem names its step. */
export const Steps = z.array(
  z.custom<AnyStep>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    'a step is an object',
  ),
)

export const commonFields = {
  id: StepId,
  title: z.string().trim().min(1).max(200).optional(),
  when: Placeholder.optional(),
  weight: z.number().min(0).max(1_000).optional(),
  timeout: Duration.optional(),
  retry: z.strictObject({ attempts: z.int().min(1).max(20), backoff: Duration.optional() }).optional(),
  onError: z.union([z.enum(['fail', 'continue']), z.strictObject({ steps: Steps })]).optional(),
}

/** The schema of one step type: its own fields beside the common ones, and nothing else. */
export const step = <Type extends string, Fields extends z.ZodRawShape>(type: Type, fields: Fields) =>
  z.strictObject({ ...commonFields, type: z.literal(type), ...fields }) as unknown as z.ZodObject<
    Omit<typeof commonFields, keyof Fields> & { type: z.ZodLiteral<Type> } & Fields,
    z.core.$strict
  >

/** A list of steps inside a step. `repeats`: its steps may run more than once, so paths carry a number. */
export interface Arm {
  name: string
  /** Where the list stands in the step, for problems: `cases[0].steps`. */
  at: string
  steps: AnyStep[]
  repeats?: boolean
  /** Names that its steps may use beside the usual ones: `item`, `index`. */
  binds?: readonly string[]
  /** Whether each round has results of its own, which nobody outside of it sees. */
  isolated?: boolean
  /** Whether the step has no result when these steps run. */
  instead?: boolean
}

/** What is wrong with a definition, and what to do. `path` is the field inside the step. */
export interface Problem {
  stepId?: string | undefined
  path: string
  message: string
}

/** What a kind's own check may ask about the definition it stands in. */
export interface CheckContext {
  definition: {
    type: string
    steps: AnyStep[]
    variables?: Record<string, unknown> | undefined
    output?: unknown
    action?: unknown
  }
  /** What there is around it, as far as that is known. */
  world: AppWorld
}

/** The pure half of a step type: what it is. Its runner in `workflows/steps` is what it does. */
// biome-ignore lint/suspicious/noExplicitAny: the registry holds kinds of many step shapes
export interface StepKind<S extends AnyStep = any> {
  schema: z.ZodType<S>
  title: string
  /** Share of the run's progress, relative to other steps. */
  weight: number
  /** False where the step leaves no result that others could reference. */
  gives?: false
  /** Lists of steps inside it, of which at most one runs unless `together`. */
  arms?: (step: S) => Arm[]
  /** Whether it only leads to other steps or sets variables: doing it again costs nothing and tells nobody. */
  flow?: true
  /** Whether all of its arms run. */
  together?: true
  /** Of a loop: how often its arm may run, as far as the definition tells. */
  rounds?: (step: S) => number
  /** Fields whose templates are rendered behind its arms: they may name what the arms gave. */
  late?: readonly string[]
  /** Whether one of its arms runs for sure. */
  everyWay?: (step: S) => boolean
  /** Fields whose text is no template (schemas, names of fields). */
  verbatim?: readonly string[]
  /** Fields in which secrets may be named, as `${secure.name}`. Nothing but the tool that gets them puts them in. */
  secure?: readonly string[]
  /** Roots that its activity gets beside those its templates name; or everything there is. */
  names?: (step: S) => readonly string[] | 'everything'
  /**
   * Whether its first activity hangs on nothing but the values that its templates name, so that it can be asked for before
   * the step begins.
   */
  foreseeable?: true
  /** Whether a language model does its work. */
  ai?: true
  /** Whether it says something in the conversation. */
  replies?: (step: S) => boolean
  /** Fields of the format that no runner reads yet: refused at publish by name, never ignored. */
  unsupported?: (step: S) => string[]
  check?: (step: S, context: CheckContext) => (Problem & { warning?: boolean })[]
  /** Whether a run can end here for good. */
  ends?: true
  /** Whether it may take long without doing anything: it waits for a person, or for the clock. */
  waits?: true
  /** Whether a person has to agree before what follows happens. */
  approves?: true
  /** Whether it tells people outside the conversation something they cannot unread: by e-mail or in a channel. */
  reaches?: (step: S) => boolean
}

/** Of a step that is there to run others: that it has none. */
export const missingSteps = ({ id, type }: AnyStep, path: string, steps: AnyStep[]): Problem[] =>
  steps.length > 0
    ? []
    : [{ stepId: id, path, message: `this "${type}" has nothing in it: put steps in, or take it out` }]
