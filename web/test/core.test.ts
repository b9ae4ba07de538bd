import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Announcer } from '../src/core/announce'
import type { Api } from '../src/core/api'
import { changes } from '../src/core/changes'
import { dateOf, dayBefore, dayOf } from '../src/core/days'
import { givenName } from '../src/core/model'
import { named } from '../src/core/named'
import { match } from '../src/core/routes'
import { Shadow } from '../src/core/shadow'
import { forgetStore, openStore } from '../src/core/store'
import { departed } from '../src/state/departed'
import { filled } from '../src/state/filled'
import { newRules, wireRules } from '../src/state/rules'
import { newZikr, wireZikr } from '../src/state/zikr'

describe('Announcer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  test('says one’s own doings at once, and others’ together', () => {
    const said: string[] = []
    const a = new Announcer(
      (s) => said.push(s),
      (n) => `and ${n} more`,
    )
    for (let i = 0; i < 13; i++) a.others(`other ${i}`)
    vi.advanceTimersByTime(3000)
    expect(said).toEqual(['other 0 and 12 more'])
    a.own('mine')
    vi.advanceTimersByTime(3000)
    expect(said[1]).toBe('mine')
    a.close()
  })
  test('who does very much hears of the last of it, and of others after that', () => {
    const said: string[] = []
    const a = new Announcer(
      (s) => said.push(s),
      (n) => `and ${n} more`,
    )
    for (let i = 0; i < 1000; i++) {
      a.own(`mine ${i}`)
      a.others(`other ${i}`)
    }
    vi.advanceTimersByTime(60_000)
    expect(said).toEqual(['mine 997', 'mine 998', 'mine 999', 'other 0 and 999 more'])
    a.close()
  })
  test('never says more than a sentence in three seconds', () => {
    const said: string[] = []
    const a = new Announcer(
      (s) => said.push(s),
      (n) => `and ${n} more`,
    )
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 100; i++) a.others('x')
      vi.advanceTimersByTime(1000)
    }
    expect(said.length).toBeLessThanOrEqual(20)
    a.close()
  })
})

test('addresses and screens', () => {
  expect(match('')).toEqual({ screen: 'groups', params: {} })
  expect(match('groups/a%20b/board')).toEqual({ screen: 'board', params: { id: 'a b' } })
  expect(match('groups/1/')).toEqual({ screen: 'board', params: { id: '1' } })
  expect(match('j/K7X')).toEqual({ screen: 'link', params: { code: 'K7X' } })
  expect(match('groups//board').screen).toBe('nowhere')
  expect(match('groups/%E0%A4%A/board')).toEqual({ screen: 'board', params: { id: '%E0%A4%A' } })
  expect(match('what/is/this').screen).toBe('nowhere')
})

test('days', () => {
  expect(dayOf(new Date(2026, 2, 5, 23, 59))).toBe('2026-03-05')
  expect(dayBefore(new Date(2026, 2, 1), 1)).toBe('2026-02-28')
  expect(dayBefore(dateOf('2026-12-31'), -1)).toBe('2027-01-01')
  expect(filled([{ date: '2026-01-02', counted: 5, poras: 0 }], '2026-01-01', '2026-01-03').map((d) => d.counted)).toEqual([0, 5, 0])
})

test('what a form left empty is not sent', () => {
  expect(wireZikr({ ...newZikr(), name: ' Salavot ' })).toEqual({ name: 'Salavot', goal: 33 })
  expect(wireRules(newRules(), 'quran')).toEqual({})
  expect(wireRules({ ...newRules(), openHatms: 3, isAnonymous: true }, 'zikr')).toEqual({ isAnonymous: true })
  expect(wireRules({ ...newRules(), completionText: ' ' }, 'quran', true)).toMatchObject({ openHatms: 1, completionText: '', readingDays: 0 })
})

describe('Shadow', () => {
  test('keeps what was seen last, and forgets it', async () => {
    const store = await openStore('s')
    const shadow = new Shadow(store, () => undefined)
    let value = 1
    shadow.keep('group', () => value)
    value = 2
    await shadow.flush()
    expect((await shadow.seen('group'))?.value).toBe(2)
    await shadow.forget('group')
    expect(await shadow.seen('group')).toBeUndefined()
    store.close()
    await forgetStore('s')
  })
  test('what is forgotten while it is being written is forgotten', async () => {
    const store = await openStore('s')
    const shadow = new Shadow(store, () => undefined)
    shadow.keep('inbox', () => 1)
    shadow.keep('group', () => 2)
    const written = shadow.flush()
    await shadow.forget('group')
    await written
    expect(await shadow.seen('group')).toBeUndefined()
    expect((await shadow.seen('inbox'))?.value).toBe(1)
    store.close()
    await forgetStore('s')
  })
  test('keeps nothing of what is gone by then', async () => {
    const store = await openStore('s')
    const shadow = new Shadow(store, () => undefined)
    let group: object | undefined = { name: 'G' }
    shadow.keep('group', () => group)
    group = undefined
    await shadow.flush()
    expect(await shadow.seen('group')).toBeUndefined()
    store.close()
    await forgetStore('s')
  })
  test('says when there is no room', async () => {
    const failed = vi.fn()
    const store = await openStore('full')
    const shadow = new Shadow(store, failed)
    shadow.keep('x', () => () => 1) // a function cannot be stored: as good as a full disk
    await shadow.flush()
    expect(failed).toHaveBeenCalled()
    store.close()
    await forgetStore('full')
  })
  test('does without a store', async () => {
    const shadow = new Shadow(undefined, () => undefined)
    shadow.keep('x', () => 1)
    await shadow.flush()
    expect(await shadow.seen('x')).toBeUndefined()
  })
})

test('changes are the fields that are not as they were', () => {
  const was = { name: 'Ali', surname: 'Valiyev', goal: null, days: ['a'] }
  expect(changes<object>(was, { ...was, days: ['a'] })).toEqual({})
  expect(changes<object>(was, { ...was, surname: '', goal: 0 })).toEqual({ surname: '', goal: 0 })
  expect(changes<object>(was, { ...was, days: ['a', 'b'], email: 'a@example.org' })).toEqual({ days: ['a', 'b'], email: 'a@example.org' })
})

test.each([
  ['Oyi Karimova', 'Karimova', 'Oyi'],
  ['Oyi', '', 'Oyi'],
  ['Oyi Oyi', 'Oyi', 'Oyi'],
  ['Katta Oyi Karim qizi', 'Karim qizi', 'Katta Oyi'],
])('the given name of %s %s', (userName, surname, want) => {
  expect(givenName({ userId: '1', userName, surname, admin: false, online: false, hasLogin: false })).toBe(want)
})

test.each([
  ['İsmail', 'ismail'],
  ['O‘tkir', "o'tk"],
  ['Oʻtkir', 'otkir'],
  ['Ҳасан Юсупов', 'юсуп'],
  ['مُحَمَّد', 'محمد'],
  ['Işıl', 'isil'],
  ['Anyone', ''],
])('%s is found by %s', (name, typed) => {
  expect(named(typed)(name)).toBe(true)
  expect(named(`${typed}z`)(name)).toBe(false)
})

describe('who has left lately', () => {
  const now = Date.parse('2026-05-20T12:00:00Z')
  const DAY = 86_400_000
  /** logOf answers for a group whose log has these events. */
  function logOf(events: { seq: number; daysAgo: number; userId: string; loginless?: boolean }[]) {
    const pages: [since: number, limit: number][] = []
    const get = (path: string): Promise<unknown> => {
      const [since = 0, limit = 0] = ['since', 'limit'].map((name) => Number(new URL(path, 'https://x').searchParams.get(name)))
      pages.push([since, limit])
      const found = events.filter((e) => e.seq > since && e.seq <= since + limit)
      const told = found.map(({ seq, daysAgo, ...data }) => ({
        event: data.userId ? 'member_left' : 'pora_booked',
        data: { ...data, groupId: 'g', seq, timestamp: new Date(now - daysAgo * DAY).toISOString(), userName: data.userId },
      }))
      return Promise.resolve({ events: told })
    }
    return { api: { get } as unknown as Api, pages }
  }
  const quiet = (seq: number, daysAgo: number) => ({ seq, daysAgo, userId: '' })

  test('are named once, the latest first, and those who have no login are told apart', async () => {
    const { api } = logOf([
      { seq: 1, daysAgo: 3, userId: 'a' },
      { seq: 2, daysAgo: 2, userId: 'b', loginless: true },
      { seq: 3, daysAgo: 1, userId: 'a' },
    ])
    const left = await departed(api, 'g', 3, now)
    expect(left.map((d) => [d.userId, d.hasLogin])).toEqual([
      ['a', true],
      ['b', false],
    ])
    expect(left[0]?.at).toEqual(new Date(now - DAY))
  })

  test('are found behind thousands of other events, and not looked for beyond a week', async () => {
    const { api, pages } = logOf([
      { seq: 1, daysAgo: 9, userId: 'old' },
      { seq: 1001, daysAgo: 8, userId: 'older' },
      quiet(1500, 6),
      { seq: 1700, daysAgo: 5, userId: 'a' },
      quiet(2001, 1),
      quiet(3000, 0),
    ])
    expect((await departed(api, 'g', 3000, now)).map((d) => d.userId)).toEqual(['a'])
    expect(pages).toEqual([
      [2000, 1000],
      [1000, 1000],
    ])
  })

  test('are looked for in no more than ten pages', async () => {
    const { api, pages } = logOf(Array.from({ length: 20 }, (_, i) => quiet(i * 1000 + 1, 0)))
    expect(await departed(api, 'g', 20_000, now)).toEqual([])
    expect(pages.length).toBe(10)
  })
})
