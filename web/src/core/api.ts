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

const TIMEOUT = 10_000 // ms

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

  async call<T>(method: Method, path: string, body?: unknown, timeout = TIMEOUT): Promise<T> {
    const token = this.#options.token()
    const headers: Record<string, string> = {}
    if (token) headers['Authorization'] = `Bearer ${token}`
    if (body !== undefined) headers['Content-Type'] = 'application/json'
    const request: RequestInit = { method, headers, signal: AbortSignal.timeout(timeout), cache: 'no-store', credentials: 'omit' }
    if (body !== undefined) request.body = JSON.stringify(body)
    const response = await this.#fetch(new URL(`api/v1${path}`, this.#options.base), request).catch(() => {
      throw new Refused('offline')
    })
    return this.#read<T>(response, token !== undefined)
  }

  async #read<T>(response: Response, signedIn: boolean): Promise<T> {
    if (response.status === 204) return undefined as T
    const answer: unknown = await response.json().catch(() => undefined)
    if (response.ok && answer !== undefined) return answer as T
    const { code, retryAfterMs, errorId } = (answer ?? {}) as { code?: string; retryAfterMs?: number; errorId?: string }
    // An answer without a code is a proxy's: the server behind it is away.
    const refused = new Refused(code ?? 'offline', retryAfterMs, errorId)
    if (signedIn && (refused.code === 'token_expired' || refused.code === 'unauthenticated')) this.#options.expired(refused.code)
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
