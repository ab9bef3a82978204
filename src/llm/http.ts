import { EnvHttpProxyAgent, fetch as undiciFetch, type RequestInit } from 'undici'
import type { Environment } from './keys.ts'
import type { Fetch } from './providers.ts'

export type Http = { readonly fetch: Fetch; readonly close: () => Promise<void> }

/**
 * A `fetch` that waits for an answer as long as its signal allows (Node's own gives up after 300 s), goes through the proxy that the
 * environment names, and follows no redirect, which would carry the key to another place.
 */
export function openHttp(environment: Environment): Http {
  const value = (name: string) => environment[name.toLowerCase()] ?? environment[name] ?? ''
  const agent = new EnvHttpProxyAgent({
    headersTimeout: 0,
    bodyTimeout: 0,
    httpProxy: value('HTTP_PROXY'),
    httpsProxy: value('HTTPS_PROXY'),
    noProxy: [value('NO_PROXY'), 'localhost,127.0.0.1,[::1]'].filter(Boolean).join(','),
  })
  const ask = (input: string, init: RequestInit) => undiciFetch(input, { ...init, dispatcher: agent, redirect: 'manual' })
  // undici's types of request and response are its own; their behaviour is that of the platform's `fetch`.
  return { fetch: ask as unknown as Fetch, close: () => agent.destroy() }
}
