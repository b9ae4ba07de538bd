// The REST API: one call, typed by who calls. Every refusal becomes a Refused with a code
// of the contract's section 5, or one of our own: "offline" where nobody answered.

/** Refused is why something was not done. The screens have a sentence for each code. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    readonly retryAfterMs = 0,
    readonly errorId = '',
  ) {
    super(code)
    this.name = 'Refused'
  }
}

/** codeOf names any failure. */
export function codeOf(error: unknown): string {
  return error instanceof Refused ? error.code : 'internal'
}

const TIMEOUT = 10_000 // ms until an answer begins
const BODY = 6 // times as long it may take to come: a group of thousands on a slow line

export interface ApiOptions {
  /** Where the server is, with a slash at its end. */
  base: URL
  token: () => string | undefined
  /** expired is told once a token was refused. */
  expired: (code: string) => void
  fetch?: typeof fetch
}

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export class Api {
  #options: ApiOptions
  #fetch: typeof fetch

  constructor(options: ApiOptions) {
    this.#options = options
    this.#fetch = options.fetch ?? ((...args) => fetch(...args))
  }

  get<T>(path: string): Promise<T> {
    return this.call('GET', path)
  }

  post<T>(path: string, body: unknown = {}, timeout?: number): Promise<T> {
    return this.call('POST', path, body, timeout)
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.call('PATCH', path, body)
  }

  put<T>(path: string, body: unknown = {}): Promise<T> {
    return this.call('PUT', path, body)
  }

  delete<T>(path: string): Promise<T> {
    return this.call('DELETE', path)
  }

  /** call asks. timeout is in ms, until the answer begins. */
  async call<T>(method: Method, path: string, body?: unknown, timeout = TIMEOUT): Promise<T> {
    const token = this.#options.token()
    const headers: Record<string, string> = {}
    if (token) headers['Authorization'] = `Bearer ${token}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const stop = new AbortController()
    const request: RequestInit = { method, headers, signal: stop.signal, cache: 'no-store', credentials: 'omit' }
    if (body !== undefined) request.body = JSON.stringify(body)
    let timer = setTimeout(() => stop.abort(), timeout)
    try {
      const response = await this.#fetch(new URL(`api/v1${path}`, this.#options.base), request).catch(() => {
        throw new Refused('offline')
      })
      clearTimeout(timer)
      timer = setTimeout(() => stop.abort(), timeout * BODY)
      return await this.#read<T>(response, token)
    } finally {
      clearTimeout(timer)
    }
  }

  async #read<T>(response: Response, token: string | undefined): Promise<T> {
    if (response.status === 204) return undefined as T
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok && answer !== undefined) return answer as T
    const { code, retryAfterMs, errorId } = (answer ?? {}) as { code?: unknown; retryAfterMs?: number; errorId?: string }
    // An answer without a code is a proxy's: the server behind it is away.
    const refused = new Refused(typeof code === 'string' ? code : 'offline', retryAfterMs, errorId)
    const ended = refused.code === 'token_expired' || refused.code === 'unauthenticated'
    // A late answer to a token of before ends nothing: it may have been renewed, or be somebody else's now.
    if (ended && token && token === this.#options.token()) this.#options.expired(refused.code)
    throw refused
  }
}

/** all reads every page of a list. */
export async function all<T>(api: Api, path: string, pages = 20): Promise<T[]> {
  const items: T[] = []
  let cursor: string | null = ''
  for (let i = 0; i < pages && cursor !== null; i++) {
    const separator = path.includes('?') ? '&' : '?'
    const more: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''
    const page: { items: T[]; cursor: string | null } = await api.get(`${path}${separator}limit=200${more}`)
    items.push(...page.items)
    cursor = page.cursor
  }
  return items
}
