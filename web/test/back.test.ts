// What was sent and is taken back: once, and through any crash.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Refused } from '../src/core/api'
import type { Sent } from '../src/core/store'
import type { Taps } from '../src/core/taps'
import { DAY, phone, taps } from './phone'

beforeEach(() => phone.opened())
afterEach(() => phone.cleared())

describe('what was sent', () => {
  async function sent(t: Taps, count: number): Promise<Sent> {
    await t.tap('g', 'z', count, DAY)
    await t.flush()
    return (await t.lastSent('z'))!
  }
  test('can be taken back for a day', async () => {
    const t = taps()
    const batch = await sent(t, 33)
    expect(batch).toMatchObject({ count: 33 })
    expect(await t.takeBack(batch, DAY)).toBe(true)
    expect(phone.fake.total).toBe(0)
    expect(await t.today('z', DAY)).toBe(0)
    expect(await t.lastSent('z')).toBeUndefined()
    expect(await t.kept()).toEqual({ open: [], sealed: [], back: [] })
    t.close()
  })
  test('and one of many: the others are sent anew', async () => {
    const t = taps()
    const batch = await sent(t, 33)
    await t.tap('g', 'z', 2, DAY)
    expect(await t.takeBack(batch, DAY, 32)).toBe(true)
    expect(await t.today('z', DAY)).toBe(34)
    expect((await t.kept()).open).toEqual([{ groupId: 'g', zikrId: 'z', count: 34 }])
    await t.flush()
    expect(await t.lastSent('z')).toMatchObject({ count: 34 })
    expect(phone.fake.total).toBe(34)
    t.close()
  })
  test.each([false, true])('and one of many without a line, whether the server was told (%s): the next tab finishes it', async (told) => {
    const first = taps()
    const batch = await sent(first, 33)
    if (told) phone.fake.loseAnswer = true
    else phone.fake.refusal = new Refused('offline')
    expect(await first.takeBack(batch, DAY, 32)).toBe(false)
    first.close() // the device dies between the two steps
    phone.fake.loseAnswer = false
    expect(phone.fake.total).toBe(told ? 0 : 33)
    phone.now += 25 * 3_600_000 // and comes back when nothing new could be taken back any more
    const next = taps()
    expect((await next.kept()).back).toMatchObject([{ count: 33, stay: 32 }])
    expect(await next.lastSent('z')).toBeUndefined()
    await Promise.all([next.flush(), next.takeBack(batch, DAY, 0)]) // asked for once more meanwhile
    await next.flush()
    expect(phone.fake.total).toBe(32)
    expect(await next.today('z', DAY)).toBe(32)
    expect(await next.kept()).toEqual({ open: [], sealed: [], back: [] })
    next.close()
  })
  test.each(['count_too_old', 'not_member'])('stays counted where the server says %s', async (code) => {
    const t = taps()
    const batch = await sent(t, 33)
    phone.fake.refusal = new Refused(code)
    await expect(t.takeBack(batch, DAY, 32)).rejects.toThrow(code)
    expect((await t.kept()).back).toEqual([])
    expect(await t.lastSent('z')).toEqual(batch)
    await t.flush()
    expect(phone.fake.total).toBe(33)
    expect(await t.today('z', DAY)).toBe(33)
    t.close()
  })
  test('and is refused at the next start stays counted too, and holds nothing up', async () => {
    const t = taps()
    const batch = await sent(t, 33)
    phone.fake.refusal = new Refused('offline')
    await t.takeBack(batch, DAY)
    phone.fake.refusal = new Refused('count_too_old')
    await t.tap('g', 'z', 1, DAY)
    await t.flush()
    expect(await t.kept()).toEqual({ open: [], sealed: [], back: [] })
    expect(phone.fake.total).toBe(34)
    t.close()
  })
  test('by two tabs at once: what stays is sent anew once', async () => {
    const [one, other] = [taps(), taps()]
    const batch = await sent(one, 33)
    await Promise.all([one.takeBack(batch, DAY, 32), other.takeBack(batch, DAY, 32)])
    expect((await one.kept()).open).toEqual([{ groupId: 'g', zikrId: 'z', count: 32 }])
    expect(await one.today('z', DAY)).toBe(32)
    one.close()
    other.close()
  })
  test('by who began at the end of the day', async () => {
    const t = taps()
    await t.tap('g', 'z', 33, DAY)
    await t.flush()
    phone.now += 24 * 3_600_000 - 1
    const batch = await t.lastSent('z')
    phone.now += 2
    await sent(t, 1) // forgets what is older
    await t.takeBack(batch!, DAY, 32)
    expect((await t.kept()).open).toEqual([{ groupId: 'g', zikrId: 'z', count: 32 }])
    t.close()
  })
})
