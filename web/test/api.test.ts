// The REST API: what is asked, and what an answer means.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { all, Api, Refused } from '../src/core/api'

describe('Api', () => {
  const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status })
  function api(answer: () => Promise<Response> | Response, expired = vi.fn()) {
    const asked: { url: string; init: RequestInit }[] = []
    const ask = async (url: unknown, init: unknown): Promise<Response> => {
      asked.push({ url: String(url), init: init as RequestInit })
      return answer()
    }
    return { api: new Api({ base: new URL('https://example.org/zikr/'), token: () => 'T', expired, fetch: ask as typeof fetch }), asked, expired }
  }
  test('asks below its base, with the token', async () => {
    const { api: a, asked } = api(() => json(200, { ok: 1 }))
    expect(await a.post('/groups', { name: 'x' })).toEqual({ ok: 1 })
    expect(asked[0]?.url).toBe('https://example.org/zikr/api/v1/groups')
    expect(asked[0]?.init).toMatchObject({ method: 'POST', body: '{"name":"x"}', headers: { Authorization: 'Bearer T', 'Content-Type': 'application/json' } })
  })
  test('tells a refusal by its code', async () => {
    const { api: a } = api(() => json(429, { code: 'rate_limited', retryAfterMs: 1500 }))
    await expect(a.get('/x')).rejects.toMatchObject({ code: 'rate_limited', retryAfterMs: 1500 })
  })
  test.each([
    ['nobody answers', () => Promise.reject(new TypeError('failed'))],
    ['a proxy answers', () => new Response('<h1>502</h1>', { status: 502 })],
    ['a proxy answers with a code of its own', () => json(502, { code: 1033 })],
    ['a login page of a hotel answers', () => new Response('<html>', { status: 200 })],
  ])('is offline when %s', async (_what, answer) => {
    await expect(api(answer).api.get('/x')).rejects.toEqual(new Refused('offline'))
  })
  test('tells of a token that ended', async () => {
    const { api: a, expired } = api(() => json(401, { code: 'token_expired' }))
    await expect(a.get('/x')).rejects.toMatchObject({ code: 'token_expired' })
    expect(expired).toHaveBeenCalledWith('token_expired')
  })
  test('a late answer to a token of before ends nothing', async () => {
    let token = 'T1'
    const expired = vi.fn()
    const ask = async (): Promise<Response> => {
      token = 'T2' // signed in anew, or renewed, while the answer was on its way
      return json(401, { code: 'unauthenticated' })
    }
    const a = new Api({ base: new URL('https://example.org/'), token: () => token, expired, fetch: ask })
    await expect(a.get('/x')).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(expired).not.toHaveBeenCalled()
    await expect(a.get('/x')).rejects.toMatchObject({ code: 'unauthenticated' })
    expect(expired).toHaveBeenCalledTimes(1)
  })
  describe('on a slow line', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())
    /** slow begins its answer at once, and ends it after so long. */
    const slow =
      (ms: number): typeof fetch =>
      async (_url, init) => {
        const body = new ReadableStream({
          start(out) {
            init?.signal?.addEventListener('abort', () => out.error(new Error('aborted')))
            setTimeout(() => {
              if (init?.signal?.aborted) return
              out.enqueue(new TextEncoder().encode('{"id":"g"}'))
              out.close()
            }, ms)
          },
        })
        return new Response(body)
      }
    const over = (fetch: typeof globalThis.fetch): Api => new Api({ base: new URL('https://example.org/'), token: () => 'T', expired: () => undefined, fetch })

    test('a long answer comes, although it takes its time', async () => {
      const answer = over(slow(30_000)).get('/groups/g')
      await vi.advanceTimersByTimeAsync(30_000)
      expect(await answer).toEqual({ id: 'g' })
    })
    test('one that stops on its way is not waited for without end', async () => {
      const answer = expect(over(slow(3_600_000)).get('/groups/g')).rejects.toEqual(new Refused('offline'))
      await vi.advanceTimersByTimeAsync(60_000)
      await answer
    })
    test('and one that does not begin, for ten seconds', async () => {
      const never: typeof fetch = (_url, init) => new Promise((_resolve, reject) => init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))))
      const answer = expect(over(never).get('/groups/g')).rejects.toEqual(new Refused('offline'))
      await vi.advanceTimersByTimeAsync(10_000)
      await answer
    })
  })
  test('reads every page of a list', async () => {
    const pages = [
      { items: [1, 2], cursor: 'a' },
      { items: [3], cursor: null },
    ]
    const { api: a, asked } = api(() => json(200, pages.shift()))
    expect(await all(a, '/groups')).toEqual([1, 2, 3])
    expect(asked[1]?.url).toContain('cursor=a')
  })
})
