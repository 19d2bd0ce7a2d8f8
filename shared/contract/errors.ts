import './issue-words.ts'

/**
 * The whole vocabulary of failure. A code is the `code` of a problem answer, the type of a Temporal
 * ApplicationFailure and the `code` of a failed step; `retry` says whether the same attempt can succeed later.
 */
export const errors = {
  Malformed: { status: 400, retry: false, title: 'The request cannot be read' },
  Unauthorized: { status: 401, retry: false, title: 'Who you are is not known' },
  Forbidden: { status: 403, retry: false, title: 'Your role does not allow this' },
  NotApprover: { status: 403, retry: false, title: 'You are not an approver of this request' },
  NotFound: { status: 404, retry: false, title: 'Not found' },
  MethodNotAllowed: { status: 405, retry: false, title: 'The method does not exist on this address' },
  WrongWorkflowType: { status: 409, retry: false, title: 'The workflow is of another type' },
  NotOpen: { status: 409, retry: false, title: 'Nothing is open that this could answer' },
  Busy: { status: 409, retry: false, title: 'A turn is under way' },
  AlreadyDecided: { status: 409, retry: false, title: 'Somebody decided already' },
  AlreadyTaken: { status: 409, retry: false, title: 'Somebody else has taken it' },
  NotRunning: { status: 409, retry: false, title: 'The run has ended' },
  Conflict: { status: 409, retry: false, title: 'The state does not allow this' },
  Stale: { status: 412, retry: false, title: 'Somebody saved in the meantime' },
  TooLarge: { status: 413, retry: false, title: 'Too large' },
  UnsupportedMediaType: { status: 415, retry: false, title: 'The content type is not accepted here' },
  Invalid: { status: 422, retry: false, title: 'The request is refused' },
  AnswerRefused: { status: 422, retry: false, title: 'The answer does not fit the question' },
  NotPublishable: { status: 422, retry: false, title: 'The workflow cannot be published' },
  KeyReused: { status: 422, retry: false, title: 'The idempotency key was used with another body' },
  TooMany: { status: 429, retry: true, title: 'Too many requests' },
  Internal: { status: 500, retry: false, title: 'A fault of ours' },
  Unavailable: { status: 503, retry: true, title: 'Not available right now' },
  Full: { status: 507, retry: true, title: 'No space left' },
  /** The provider is busy, slow or broke off: the attempt is repeated. */
  ProviderBusy: { status: 503, retry: true, title: 'The provider is busy' },
  /** The provider said no for a reason that no repetition cures: key, model name, content. */
  ProviderRefused: { status: 422, retry: false, title: 'The provider refused' },
  ProviderMissing: { status: 422, retry: false, title: 'A provider is not configured' },
  /** The model answered, but not in the shape that was asked for, also after repair. */
  ModelOutputInvalid: { status: 422, retry: false, title: 'The model did not answer in the required form' },
  /** A budget has no room for a call: the step waits until somebody raises it. */
  BudgetSpent: { status: 409, retry: false, title: 'A budget is used up' },
  /** Somebody decided not to raise a budget: what waited for it is cancelled. */
  BudgetDeclined: { status: 409, retry: false, title: 'A budget was not raised' },
  /** An agent used up what its step allows it, or went round in circles. */
  AgentStopped: { status: 422, retry: false, title: 'The agent was stopped' },
  /** An address that a definition, or a server it leads to, must not reach from here. */
  OutboundRefused: { status: 422, retry: false, title: 'The address may not be called' },
  /** What a tool is was described otherwise when it was accepted. */
  ToolsChanged: { status: 409, retry: false, title: 'The tools of the server have changed' },
  /** There is no such server or tool, or it may not be called. */
  ToolUnavailable: { status: 422, retry: false, title: 'The tool cannot be called' },
  ToolInputInvalid: { status: 422, retry: false, title: 'The arguments do not fit the tool' },
  /** The tool said so; or whether it did its work is not known, so that it is not called again. */
  ToolFailed: { status: 422, retry: false, title: 'The tool failed' },
  /** A secret that is not there, does not open, or may not go where it was to be sent. */
  SecretUnusable: { status: 422, retry: false, title: 'A secret cannot be used' },
  ExpressionFailed: { status: 422, retry: false, title: 'An expression could not be evaluated' },
  AttemptsUsedUp: { status: 422, retry: false, title: 'No answer fitted in the allowed attempts' },
  Cancelled: { status: 409, retry: false, title: 'It was cancelled by itself' },
  TimedOut: { status: 422, retry: false, title: 'The step took longer than it may' },
  Rejected: { status: 422, retry: false, title: 'An approver rejected' },
  FileUnreadable: { status: 422, retry: false, title: 'A file cannot be read' },
  DocumentProblem: { status: 422, retry: false, title: 'The document cannot be made' },
  ImageProblem: { status: 422, retry: false, title: 'The image cannot be made' },
  DeliveryRefused: { status: 422, retry: false, title: 'The delivery was refused' },
  /** There is no such page, or a parameter that it requires came out empty. */
  NavigationRefused: { status: 422, retry: false, title: 'The page cannot be opened' },
  InvalidInput: { status: 422, retry: false, title: 'The start input does not fit' },
  InvalidOutput: { status: 422, retry: false, title: 'The output does not fit' },
  InvalidDefinition: { status: 422, retry: false, title: 'The definition does not fit' },
} as const

export type ErrorCode = keyof typeof errors

export const isErrorCode = (value: unknown): value is ErrorCode =>
  typeof value === 'string' && Object.hasOwn(errors, value)

/** One fault of an input: where it is and what to do about it. */
export interface InputProblem {
  path: string
  message: string
}

/** Thrown for what a caller can send: the API turns it into a problem answer of the code's status. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: ErrorCode
  readonly problems: InputProblem[] | undefined
  readonly headers: Record<string, string>
  constructor(
    code: ErrorCode,
    message: string,
    more: { problems?: InputProblem[]; headers?: Record<string, string> } = {},
  ) {
    super(message)
    this.code = code
    this.problems = more.problems
    this.headers = more.headers ?? {}
  }
}
