import 'fake-indexeddb/auto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Refused } from '../src/core/api'
import type { Sealed, Store } from '../src/core/store'
import { forgetStore, openStore } from '../src/core/store'
import { MAX_BATCH, Taps, TOO_OLD } from '../src/core/taps'

const DAY = '2026-01-31'

/** A server that remembers opIds, as the real one does. */
class Fake {
  counted = new Map<string, number>()
  answers: (Error | undefined)[] = [] // one for each send; none: it works
  loseAnswer = false

  send = async (batch: Sealed): Promise<{ id: string; totalCount: number }> => {
    const answer = this.answers.shift()
    if (answer) throw answer
    if (!this.counted.has(batch.opId)) this.counted.set(batch.opId, batch.count)
    if (this.loseAnswer) throw new Refused('offline')
    return { id: `c-${batch.opId}`, totalCount: this.total }
  }
  get total(): number {
    return [...this.counted.values()].reduce((a, b) => a + b, 0)
  }
}

let store: Store
let fake: Fake
let now: number

function taps(): Taps {
  return new Taps({ userId: 'u', store, send: fake.send, changed: () => undefined, names: () => ({ groupName: 'G', zikrName: 'Z' }), now: () => now })
}
async function kept(t: Taps): Promise<number> {
  const { open, sealed } = await t.kept()
  return [...open, ...sealed].reduce((sum, row) => sum + row.count, 0)
}

beforeEach(async () => {
  store = await openStore('u')
  fake = new Fake()
  now = 1_800_000_000_000
})
afterEach(async () => {
  store.close()
  await forgetStore('u')
  vi.useRealTimers()
})

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
    expect(fake.total).toBe(50)
    expect(await kept(t)).toBe(0)
    await t.flush()
    expect(fake.total).toBe(50)
    t.close()
  })
  test('made while others are sent is sent by the next', async () => {
    const t = taps()
    await t.tap('g', 'z', 1, DAY)
    await Promise.all([t.flush(), t.tap('g', 'z', 1, DAY)])
    await t.flush()
    expect(fake.total).toBe(2)
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
    expect(fake.total).toBe(0)
    t.close()
  })
})

describe('a batch', () => {
  test('whose answer was lost is sent again under the same opId', async () => {
    const t = taps()
    await t.tap('g', 'z', 7, DAY)
    fake.loseAnswer = true
    await t.flush()
    expect(await kept(t)).toBe(7)
    fake.loseAnswer = false
    await t.flush()
    expect(fake.total).toBe(7)
    expect(await kept(t)).toBe(0)
    t.close()
  })
  test('that was sealed before a crash is found by the next tab', async () => {
    const first = taps()
    await first.tap('g', 'z', 3, DAY)
    fake.answers = [new Refused('offline')]
    await first.flush()
    first.close()
    const next = taps()
    await next.tap('g', 'z', 2, DAY)
    await next.flush()
    expect(fake.total).toBe(5)
    next.close()
  })
  test('is split where it is too large', async () => {
    const t = taps()
    await t.tap('g', 'z', MAX_BATCH, DAY)
    await t.tap('g', 'z', 5, DAY)
    await t.flush()
    expect([...fake.counted.values()].sort()).toEqual([MAX_BATCH, 5].sort())
    t.close()
  })
  test.each(['rate_limited', 'internal', 'offline', 'token_expired', 'unauthenticated'])('that is refused with %s waits', async (code) => {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    fake.answers = [new Refused(code)]
    await t.flush()
    expect((await t.kept()).sealed).toMatchObject([{ count: 4, code: '' }])
    await t.flush()
    expect(fake.total).toBe(4)
    t.close()
  })
  test.each(['not_member', 'zikr_not_found', 'invalid_payload', 'a_code_of_tomorrow'])(
    'that is refused with %s is told, and does not hold up the others',
    async (code) => {
      const t = taps()
      await t.tap('g', 'gone', 4, DAY)
      fake.answers = [new Refused(code)]
      await t.tap('g', 'z', 6, DAY)
      await t.flush()
      const refused = (await t.kept()).sealed
      expect(refused).toMatchObject([{ code, groupName: 'G', zikrName: 'Z' }])
      expect(fake.total + (refused[0]?.count ?? 0)).toBe(10)
      t.close()
    },
  )
  test('that waited for longer than opIds are remembered asks first', async () => {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    fake.answers = [new Refused('offline')]
    await t.flush()
    now += 31 * 86_400_000
    await t.flush()
    const [old] = (await t.kept()).sealed
    expect(old).toMatchObject({ code: TOO_OLD, count: 4 })
    expect(fake.total).toBe(0)
    await t.again(old!.opId)
    await t.flush()
    expect(fake.total).toBe(4)
    t.close()
  })
  test('a clock that jumps loses nothing', async () => {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    fake.answers = [new Refused('offline')]
    await t.flush()
    now -= 365 * 86_400_000
    await t.tap('g', 'z', 1, DAY)
    await t.flush()
    const old = (await t.kept()).sealed
    for (const batch of old) await t.again(batch.opId)
    await t.flush()
    expect(fake.total).toBe(5)
    expect(await kept(t)).toBe(0)
    t.close()
  })
})

describe('what was refused', () => {
  async function refused(): Promise<[Taps, Sealed]> {
    const t = taps()
    await t.tap('g', 'z', 4, DAY)
    fake.answers = [new Refused('not_member')]
    await t.flush()
    const [batch] = (await t.kept()).sealed
    return [t, batch!]
  }
  test('can be moved to another zikr', async () => {
    const [t, batch] = await refused()
    await t.move(batch.opId, 'g2', 'z2')
    await t.flush()
    expect(fake.total).toBe(4)
    expect(await kept(t)).toBe(0)
    t.close()
  })
  test('can be let go, but not what still waits', async () => {
    const [t, batch] = await refused()
    await t.letGo(batch.opId)
    expect(await kept(t)).toBe(0)
    await t.tap('g', 'z', 2, DAY)
    fake.answers = [new Refused('offline')]
    await t.flush()
    await t.letGo((await t.kept()).sealed[0]!.opId)
    expect(await kept(t)).toBe(2)
    t.close()
  })
  test('is not sent by itself', async () => {
    const [t] = await refused()
    await t.flush()
    expect(fake.total).toBe(0)
    t.close()
  })
})

describe('what was sent', () => {
  test('can be taken back for a day', async () => {
    const t = taps()
    await t.tap('g', 'z', 33, DAY)
    await t.flush()
    const sent = await t.lastSent('z')
    expect(sent).toMatchObject({ count: 33 })
    await t.takenBack(sent!, DAY)
    expect(await t.today('z', DAY)).toBe(0)
    expect(await t.lastSent('z')).toBeUndefined()
    t.close()
  })
  test('and one of many: the others are sent anew', async () => {
    const t = taps()
    await t.tap('g', 'z', 33, DAY)
    await t.flush()
    const sent = await t.lastSent('z')
    await t.tap('g', 'z', 2, DAY)
    await t.takenBack(sent!, DAY, 32)
    expect(await t.today('z', DAY)).toBe(34)
    expect((await t.kept()).open).toEqual([{ groupId: 'g', zikrId: 'z', count: 34 }])
    await t.flush()
    expect(await t.lastSent('z')).toMatchObject({ count: 34 })
    t.close()
  })
  test('cannot after that', async () => {
    const t = taps()
    await t.tap('g', 'z', 33, DAY)
    await t.flush()
    now += 25 * 3_600_000
    expect(await t.lastSent('z')).toBeUndefined()
    t.close()
  })
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
    () => new Taps({ userId: 'u', store, send: fake.send, changed: () => undefined, names: () => ({ groupName: '', zikrName: '' }), locks, now: () => now }),
  )
  await Promise.all(tabs.flatMap((t) => Array.from({ length: 10 }, () => t.tap('g', 'z', 1, DAY))))
  await Promise.all(tabs.map((t) => t.flush()))
  expect(most).toBe(1)
  expect(fake.total).toBe(40)
  expect(fake.counted.size).toBe(1)
  tabs.forEach((t) => t.close())
})
