// What was sent: it is noted, as long as it may be taken back, and no longer.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { DAY, kept, phone, taps } from './phone'

beforeEach(() => phone.opened())
afterEach(() => phone.cleared())

describe('what was sent', () => {
  test('is not kept without end: of each zikr, the newest ones', async () => {
    const t = taps()
    await t.tap('g', 'another', 7, DAY)
    await t.flush()
    for (let i = 1; i <= 60; i++) {
      phone.now += 1000
      await t.tap('g', 'z', i, DAY)
      await t.flush()
    }
    expect((await phone.store.getAll('sent')).length).toBe(51)
    expect(await t.lastSent('z')).toMatchObject({ count: 60 })
    expect(await t.lastSent('another')).toMatchObject({ count: 7 })
    t.close()
  })
  test('by a clock that was wrong does not stand before what was sent later', async () => {
    const t = taps()
    phone.now += 365 * 86_400_000
    await t.tap('g', 'z', 1, DAY)
    await t.flush()
    phone.now -= 365 * 86_400_000
    await t.tap('g', 'z', 2, DAY)
    await t.flush()
    expect(await t.lastSent('z')).toMatchObject({ count: 2 })
    t.close()
  })
  test('is not offered after a day', async () => {
    const t = taps()
    await t.tap('g', 'z', 33, DAY)
    await t.flush()
    phone.now += 25 * 3_600_000
    expect(await t.lastSent('z')).toBeUndefined()
    t.close()
  })
})

test('a batch that is confirmed to a device without room is not sent without end, and holds up no other', async () => {
  const t = taps()
  await t.tap('g', 'z', 4, DAY)
  await t.tap('g', 'z2', 5, DAY)
  const put = IDBObjectStore.prototype.put
  const full = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (this: IDBObjectStore, value: unknown) {
    const request = put.call(this, value)
    if (this.name === 'sent') this.transaction.abort()
    return request
  })
  await t.flush()
  full.mockRestore()
  expect(phone.fake.total).toBe(9)
  expect(await kept(t)).toBe(0)
  expect(await t.lastSent('z')).toBeUndefined()
  t.close()
})
