import { openDB } from 'idb'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Refused } from '../src/core/api'
import type { Sealed } from '../src/core/store'
import { forgetStore, openStore } from '../src/core/store'
import { MAX_BATCH, Taps, TOO_OLD } from '../src/core/taps'
import { DAY, kept, phone, taps } from './phone'

beforeEach(() => phone.opened())
afterEach(() => phone.cleared())

describe('a tap', () => {
  test('is kept before it is told', async () => {
    const t = taps()
    expect(await t.tap('g', 'z', 1, DAY)).toBe(1)
    expect(await t.tap('g', 'z', 1, DAY)).toBe(2)
    expect(await kept(t)).toBe(2)
    t.close()
  })
  test('reaches the server once', async () => {
    const t = taps()
    await Promise.all(Array.from({ length: 50 }, () => t.tap('g', 'z', 1, DAY)))
    await t.flush()
    expect(phone.fake.total).toBe(50)
    expect(await kept(t)).toBe(0)
    await t.flush()
    expect(phone.fake.total).toBe(50)
    t.close()
  })
  test('made while others are sent is sent by the next', async () => {
    const t = taps()
    await t.tap('g', 'z', 1, DAY)
    await Promise.all([t.flush(), t.tap('g', 'z', 1, DAY)])
    await t.flush()
    expect(phone.fake.total).toBe(2)
    t.close()
  })
  test('made while the line is slow is sent too, although nothing else happens', async () => {
    const t = taps()
    await t.tap('g', 'z', 1, DAY)
    let answer = (): void => undefined
    phone.fake.held = new Promise((resolve) => (answer = resolve))
    const sent = t.flush()
    await vi.waitFor(() => expect(phone.fake.total).toBe(1))
    await t.tap('g', 'z', 1, DAY)
    void t.flush() // its time comes while the first is still on its way
    answer()
    await sent
    expect(phone.fake.total).toBe(2)
    expect(await kept(t)).toBe(0)
    t.close()
  })
  test('made while the line breaks waits for the pause', async () => {
    const t = taps()
    await t.tap('g', 'z', 1, DAY)
    phone.fake.answers = [new Refused('offline')]
    const sent = t.flush()
    void t.flush()
    await sent
    expect(phone.fake.total).toBe(0)
    expect(phone.fake.answers).toEqual([])
    t.close()
  })
  test('can be undone until it is sealed, never below nothing', async () => {
    const t = taps()
    await t.tap('g', 'z', 1, DAY)
    await t.tap('g', 'z', 1, DAY)
    expect(await t.undo('g', 'z', DAY)).toBe(true)
    expect(await t.today('z', DAY)).toBe(1)
    expect(await t.undo('g', 'z', DAY)).toBe(true)
    expect(await t.undo('g', 'z', DAY)).toBe(false)
    expect(await t.today('z', DAY)).toBe(0)
    await t.flush()
    expect(phone.fake.total).toBe(0)
    t.close()
  })
})

describe('a batch', () => {
  test('whose answer was lost is sent again under the same opId', async () => {
    const t = taps()
    await t.tap('g', 'z', 7, DAY)
    phone.fake.loseAnswer = true
    await t.flush()
    expect(await kept(t)).toBe(7)
    phone.fake.loseAnswer = false
    await t.flush()
    expect(phone.fake.total).toBe(7)
    expect(await kept(t)).toBe(0)
    t.close()
  })
  test('that was sealed before a crash is found by the next tab', async () => {
    const first = taps()
    await first.tap('g', 'z', 3, DAY)
    phone.fake.answers = [new Refused('offline')]
    await first.flush()
    first.close()
    const next = taps()
    await next.tap('g', 'z', 2, DAY)
    await next.flush()
    expect(phone.fake.total).toBe(5)
    next.close()
  })
  test('is split where it is too large', async () => {
    const t = taps()
    await t.tap('g', 'z', MAX_BATCH, DAY)
    await t.tap('g', 'z', 5, DAY)
    await t.flush()
    expect([...phone.fake.counted.values()].sort()).toEqual([MAX_BATCH, 5].sort())
    t.close()
  })
  test.each(['rate_limited', 'internal', 'offline', 'token_expired', 'unauthenticated'])('that is refused with %s waits', async (code) => {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    phone.fake.answers = [new Refused(code)]
    await t.flush()
    expect((await t.kept()).sealed).toMatchObject([{ count: 4, code: '' }])
    await t.flush()
    expect(phone.fake.total).toBe(4)
    t.close()
  })
  test.each(['not_member', 'zikr_not_found', 'invalid_payload', 'a_code_of_tomorrow'])(
    'that is refused with %s is told, and does not hold up the others',
    async (code) => {
      const t = taps()
      await t.tap('g', 'gone', 4, DAY)
      phone.fake.answers = [new Refused(code)]
      await t.tap('g', 'z', 6, DAY)
      await t.flush()
      const refused = (await t.kept()).sealed
      expect(refused).toMatchObject([{ code, groupName: 'G', zikrName: 'Z' }])
      expect(phone.fake.total + (refused[0]?.count ?? 0)).toBe(10)
      t.close()
    },
  )
  test('that waited for longer than opIds are remembered asks first', async () => {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    phone.fake.answers = [new Refused('offline')]
    await t.flush()
    phone.now += 31 * 86_400_000
    await t.flush()
    const [old] = (await t.kept()).sealed
    expect(old).toMatchObject({ code: TOO_OLD, count: 4 })
    expect(phone.fake.total).toBe(0)
    await t.again(old!.opId)
    await t.flush()
    expect(phone.fake.total).toBe(4)
    t.close()
  })
  test('a clock that jumps loses nothing', async () => {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    phone.fake.answers = [new Refused('offline')]
    await t.flush()
    phone.now -= 365 * 86_400_000
    await t.tap('g', 'z', 1, DAY)
    await t.flush()
    const old = (await t.kept()).sealed
    for (const batch of old) await t.again(batch.opId)
    await t.flush()
    expect(phone.fake.total).toBe(5)
    expect(await kept(t)).toBe(0)
    t.close()
  })
})

describe('what was refused', () => {
  async function refused(): Promise<[Taps, Sealed]> {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    phone.fake.answers = [new Refused('not_member')]
    await t.flush()
    const [batch] = (await t.kept()).sealed
    return [t, batch!]
  }
  test('can be moved to another zikr', async () => {
    const [t, batch] = await refused()
    await t.move(batch.opId, 'g2', 'z2')
    await t.flush()
    expect(phone.fake.total).toBe(4)
    expect(await kept(t)).toBe(0)
    t.close()
  })
  test('can be let go, but not what still waits', async () => {
    const [t, batch] = await refused()
    await t.letGo(batch.opId)
    expect(await kept(t)).toBe(0)
    await t.tap('g', 'z', 2, DAY)
    phone.fake.answers = [new Refused('offline')]
    await t.flush()
    await t.letGo((await t.kept()).sealed[0]!.opId)
    expect(await kept(t)).toBe(2)
    t.close()
  })
  test('is not sent by itself', async () => {
    const [t] = await refused()
    await t.flush()
    expect(phone.fake.total).toBe(0)
    t.close()
  })
})

test('what a release of before kept is still there', async () => {
  const db = await openDB('zikr-old', 1, {
    upgrade(old) {
      old.createObjectStore('open', { keyPath: ['groupId', 'zikrId'] })
      old.createObjectStore('sealed', { keyPath: 'opId' })
      old.createObjectStore('sent', { keyPath: 'id' }).createIndex('at', 'at')
      old.createObjectStore('tally', { keyPath: ['day', 'zikrId'] })
      old.createObjectStore('seen')
    },
  })
  await db.put('open', { groupId: 'g', zikrId: 'z', count: 5 })
  db.close()
  const now = await openStore('old')
  expect(await now.getAll('open')).toEqual([{ groupId: 'g', zikrId: 'z', count: 5 }])
  expect(await now.getAll('back')).toEqual([])
  now.close()
  await forgetStore('old')
})

test('two accounts on one device do not meet', async () => {
  const t = taps()
  await t.tap('g', 'z', 3, DAY)
  const other = await openStore('other')
  expect(await other.getAll('open')).toEqual([])
  other.close()
  await forgetStore('other')
  t.close()
})

test('without locks, what one tab was confirmed is not refused to another', async () => {
  const [one, other] = [taps(), taps()]
  await one.tap('g', 'z', 4, DAY)
  phone.fake.answers = [new Refused('offline')]
  await one.flush()
  let refuse = (): void => undefined
  const held = new Promise<void>((resolve) => (refuse = resolve))
  const asked = vi.fn(() => held.then(() => Promise.reject(new Refused('not_member'))))
  const late = new Taps({
    userId: 'u',
    store: phone.store,
    send: asked,
    undo: phone.fake.undo,
    changed: () => undefined,
    names: () => ({ groupName: '', zikrName: '' }),
    now: () => phone.now,
  })
  const refused = late.flush()
  await vi.waitFor(() => expect(asked).toHaveBeenCalled())
  await other.flush()
  expect(phone.fake.total).toBe(4)
  refuse()
  await refused
  expect(await kept(other)).toBe(0)
  ;[one, other, late].forEach((t) => t.close())
})

test('only one of many senders sends', async () => {
  let holders = 0
  let most = 0
  let last: Promise<unknown> = Promise.resolve()
  const locks = {
    request: (_name: string, work: () => Promise<void>) => {
      const mine = last.then(async () => {
        most = Math.max(most, ++holders)
        await work()
        holders--
      })
      last = mine
      return mine
    },
  } as unknown as LockManager
  const tabs = Array.from(
    { length: 4 },
    () =>
      new Taps({
        userId: 'u',
        store: phone.store,
        send: phone.fake.send,
        undo: phone.fake.undo,
        changed: () => undefined,
        names: () => ({ groupName: '', zikrName: '' }),
        locks,
        now: () => phone.now,
      }),
  )
  await Promise.all(tabs.flatMap((t) => Array.from({ length: 10 }, () => t.tap('g', 'z', 1, DAY))))
  await Promise.all(tabs.map((t) => t.flush()))
  expect(most).toBe(1)
  expect(phone.fake.total).toBe(40)
  expect(phone.fake.counted.size).toBe(1)
  tabs.forEach((t) => t.close())
})
