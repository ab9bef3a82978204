/** What went wrong outside a trial. A failed trial is not an error but an `Outcome`. */
export type ErrorCode = 'usage' | 'dataset' | 'environment' | 'sandbox' | 'disk' | 'journal' | 'busy' | 'interrupted' | 'provider'

export type ErrorDetails = {
  /** Facts the user can check, one a line: "looked in  data/train". */
  readonly evidence?: readonly string[]
  /** One command or one act that mends it. */
  readonly fix?: string
  readonly cause?: unknown
}

export class ImproveError extends Error {
  readonly code: ErrorCode
  readonly evidence: readonly string[]
  readonly fix: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.code = code
    this.evidence = details.evidence ?? []
    this.fix = details.fix
  }
}

/** The user asked for something that cannot be: exit code 2. */
export class UsageError extends ImproveError {
  constructor(message: string, details: ErrorDetails = {}, code: ErrorCode = 'usage') {
    super(code, message, details)
  }
}

/** The world failed (Python missing, disk full, no sandbox): exit code 1. */
export class ExternalError extends ImproveError {}
