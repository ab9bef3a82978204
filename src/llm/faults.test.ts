import { APICallError } from 'ai'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BrokenStream, faultOf, retryAfter } from './faults.ts'

const NOW = new Date('2026-11-23T12:00:00Z')

function statusError(
  statusCode: number,
  message: string,
  { headers = {}, body = {} }: { headers?: Record<string, string>; body?: unknown } = {},
): APICallError {
  const responseBody = JSON.stringify(body)
  return new APICallError({ message, url: 'http://x', requestBodyValues: {}, statusCode, responseHeaders: headers, responseBody })
}

describe('faultOf', () => {
  test.each([
    [500, 'server error', 'server'],
    [529, 'Overloaded', 'server'],
    [408, 'timeout', 'server'],
    [200, 'Invalid JSON response', 'server'],
    [429, 'Rate limit reached for gpt-5 on tokens per min', 'rate-limit'],
    [429, 'You exceeded your current quota, please check your plan and billing details. insufficient_quota', 'quota'],
    [402, 'Payment Required', 'quota'],
    [401, 'invalid x-api-key', 'key'],
    [403, 'forbidden', 'key'],
    [403, 'Your input was flagged by moderation', 'refused'],
    [404, 'model: claude-x', 'model'],
    [400, 'API key not valid. Please pass a valid API key.', 'key'],
    [400, 'You have reached your specified API usage limits.', 'quota'],
    [400, 'The model `gpt-9` does not exist', 'model'],
    [400, "This model's maximum context length is 8192 tokens", 'request'],
    [413, 'Request too large', 'request'],
    [302, 'Found', 'request'],
  ] as const)('%i "%s" is %s', (status, message, kind) => {
    expect(faultOf(statusError(status, message), NOW)?.kind).toBe(kind)
  })

  test("Google's limit per minute is waited for, its limit per day is a quota", () => {
    const message = 'You exceeded your current quota, please check your plan and billing details.'
    const perMinute = { error: { details: [{ quotaId: 'GenerateRequestsPerMinute' }, { retryDelay: '34s' }] } }
    const perDay = { error: { details: [{ quotaId: 'GenerateRequestsPerDayPerProject-FreeTier' }, { retryDelay: '34s' }] } }
    expect(faultOf(statusError(429, message, { body: perMinute }), NOW)).toMatchObject({
      kind: 'rate-limit',
      retryAfterSeconds: 34,
    })
    expect(faultOf(statusError(429, message, { body: perDay }), NOW)?.kind).toBe('quota')
  })

  test('a 400 about the schema says so, a 500 that happens to name it does not', () => {
    expect(faultOf(statusError(400, "Invalid schema for response_format 'reply'"), NOW)?.isAboutSchema).toBe(true)
    expect(faultOf(statusError(500, 'response_format crashed'), NOW)?.isAboutSchema).toBe(false)
  })

  test.each([
    ['{"message":"Overloaded","type":"overloaded_error"}', 'server'],
    ['{"message":"Rate limited","code":429}', 'rate-limit'],
    ['{"message":"out of credits","code":402}', 'quota'],
    ['{"type":"rate_limit_error","message":"slow down"}', 'rate-limit'],
    ['it ended before the answer did', 'server'],
  ] as const)('a stream that ends with %s is %s', (words, kind) => {
    expect(faultOf(new BrokenStream(words), NOW)?.kind).toBe(kind)
  })

  test.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND api.example.com'],
    ['CERT_HAS_EXPIRED', 'certificate has expired'],
    ['UND_ERR_SOCKET', 'other side closed'],
  ])('%s is the network, in the words of the deepest cause', (code, message) => {
    const cause = Object.assign(new Error(message), { code })
    expect(faultOf(new TypeError('fetch failed', { cause }), NOW)).toMatchObject({
      kind: 'network',
      message: `${code}: ${message}`,
    })
  })

  test('a bug of ours is no fault', () => {
    expect(faultOf(new TypeError("Cannot read properties of undefined (reading 'x')"), NOW)).toBeNull()
  })

  test("control characters of a provider's words do not reach the terminal", () => {
    expect(faultOf(statusError(500, '\u001b[2Jgone\u0007'), NOW)?.message).toBe('500: ?[2Jgone?')
  })
})

describe('retryAfter', () => {
  test.each([
    [{ 'retry-after': '12' }, 12],
    [{ 'retry-after': '1.5' }, 1.5],
    [{ 'retry-after': 'Mon, 23 Nov 2026 12:00:45 GMT' }, 45],
    [{ 'retry-after-ms': '250', 'retry-after': '1' }, 0.25],
    [{ 'retry-after': '0' }, null],
    [{ 'retry-after': 'Mon, 23 Nov 2026 11:00:00 GMT' }, null],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ])('%j is %s s', (headers, seconds) => {
    expect(retryAfter(headers as Record<string, string>, '', NOW)).toBe(seconds)
  })

  test('whatever stands there, it is null or a positive finite number', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (after, ms, body) => {
        const seconds = retryAfter({ 'retry-after': after, 'retry-after-ms': ms }, body, NOW)
        expect(seconds === null || (seconds > 0 && Number.isFinite(seconds))).toBe(true)
      }),
    )
  })
})
