import { describe, expect, test } from 'vitest'
import type { EventData } from '../src/core/apply'
import { apply, own, ownCount } from '../src/core/apply'
import type { GroupEvents } from '../src/made/events'
import { anonymous, event, group, me } from './group'

const booked = (seq: number, pora: number, userId = 'u-z') =>
  event('pora_booked', seq, { bookingId: `b${pora}`, poraId: String(pora), userId, userName: userId === me ? 'Ali Valiyev' : 'Zarina Aliyeva' })

/** Where a field of the wire has another type than is read, this does not compile. */
type Read<E extends EventData> = E['seq']
const first: Read<GroupEvents[keyof GroupEvents]> = 3

describe('the order of events', () => {
  test('one that is known changes nothing', () => {
    const g = group()
    expect(apply(g, booked(2, 1), me)).toBe('known')
    expect(g).toEqual(group())
  })
  test('one that is missing is noticed', () => {
    const g = group()
    expect(apply(g, booked(4, 1), me)).toBe('resync')
    expect(g.seq).toBe(2)
  })
  test('one of a later release is mended', () => {
    expect(apply(group(), event('something_new', 3), me)).toBe('resync')
  })
  test('a change of the group is mended', () => {
    expect(apply(group(), event('group_updated', first), me)).toBe('resync')
  })
  test('who is taken out of the group asks what they may see now', () => {
    expect(apply(group(), event('member_left', 3, { userId: me, userName: 'Ali Valiyev' }), me)).toBe('resync')
  })
  test('the end of the group is told', () => {
    expect(apply(group(), event('group_deleted', 3), me)).toBe('gone')
  })
})

describe('poras', () => {
  test('are taken, read, opened again and given back', () => {
    const g = group()
    apply(g, booked(3, 7), me)
    expect(g.hatms[0]?.poras[6]).toEqual({ id: '7', status: 'booked', bookingId: 'b7', userId: 'u-z', userName: 'Zarina Aliyeva', dueAt: null })
    apply(g, event('pora_completed', 4, { bookingId: 'b7', poraId: '7', userId: 'u-z', userName: 'Zarina Aliyeva', totalFinished: 1, hatmNumber: 1 }), me)
    expect(g.hatms[0]?.poras[6]?.status).toBe('completed')
    expect(g.hatms[0]?.finished).toBe(1)
    apply(g, event('pora_reopened', 5, { bookingId: 'b7', poraId: '7', userId: 'u-z', userName: 'Zarina Aliyeva', totalFinished: 0, hatmNumber: 1 }), me)
    expect(g.hatms[0]?.poras[6]?.status).toBe('booked')
    expect(g.hatms[0]?.finished).toBe(0)
    apply(g, event('pora_released', 6, { bookingId: 'b7', poraId: '7', userId: 'u-z', hatmNumber: 1 }), me)
    expect(g.hatms).toEqual(group().hatms)
  })

  test('of a hatm that is not known are mended', () => {
    expect(apply(group(), event('pora_booked', 3, { poraId: '1', hatmNumber: 9 }), me)).toBe('resync')
  })

  test('the thirtieth opens the next hatm, without an event of its own on a server of the first part', () => {
    const g = group()
    apply(g, event('hatm_completed', 3, { hatmCount: 1 }), me)
    expect(g.hatmCount).toBe(1)
    expect(g.hatms.map((h) => h.number)).toEqual([2])
    expect(g.hatms[0]?.poras.every((p) => p.status === 'available')).toBe(true)
  })

  test('of several hatms, each is its own', () => {
    const hatm = (n: number) => ({
      hatmNumber: n,
      openedAt: '2026-01-31T09:05:00.000Z',
      dueAt: null,
      totalFinished: 0,
      poras: group().hatms[0]!.poras.map((p) => ({ poraId: p.id, poraName: '', status: p.status, bookingId: null, userId: null, userName: null, dueAt: null })),
    })
    const g = group({ openHatms: 2, hatms: [hatm(1)] })
    expect(g.second).toBe(true)
    apply(g, event('hatm_opened', 3, { hatmNumber: 2, dueAt: null }), me)
    expect(g.hatms.map((h) => h.number)).toEqual([1, 2])
    apply(
      g,
      event('pora_booked', 4, { bookingId: 'b', poraId: '1', hatmNumber: 2, userId: me, userName: 'Ali Valiyev', dueAt: '2026-02-07T09:05:00.000Z' }),
      me,
    )
    expect(g.hatms[0]?.poras[0]?.status).toBe('available')
    expect(g.hatms[1]?.poras[0]).toMatchObject({ status: 'booked', dueAt: '2026-02-07T09:05:00.000Z' })
    apply(g, event('hatm_completed', 5, { hatmCount: 1, hatmNumber: 1 }), me)
    expect(g.hatms.map((h) => h.number)).toEqual([2])
  })

  test('in an anonymous group one knows one’s own by the answer, before or after the event', () => {
    const nameless = event('pora_booked', 3, { bookingId: 'b', poraId: '1', userId: '', userName: '' })
    const after = anonymous()
    apply(after, nameless, me)
    expect(after.hatms[0]?.poras[0]?.userId).toBe('')
    own(after, 'b', { id: me, name: 'Ali Valiyev' })
    expect(after.hatms[0]?.poras[0]?.userId).toBe(me)
    apply(after, event('pora_completed', 4, { bookingId: 'b', poraId: '1', userId: '', userName: '', totalFinished: 1 }), me)
    expect(after.hatms[0]?.poras[0]).toMatchObject({ status: 'completed', userId: me })
    const before = anonymous()
    own(before, 'b', { id: me, name: 'Ali Valiyev' })
    apply(before, nameless, me)
    expect(before.hatms[0]?.poras[0]).toMatchObject({ status: 'booked', userId: me, userName: 'Ali Valiyev' })
  })
  test('the admin of an anonymous group is told by the snapshot who took a juz', () => {
    const nameless = event('pora_booked', 3, { bookingId: 'b', poraId: '1', userId: '', userName: '' })
    expect(apply(anonymous({ adminId: me }), nameless, me)).toBe('resync')
    expect(apply(anonymous(), nameless, me)).toBe('applied')
  })
})

describe('counts', () => {
  const counted = (seq: number, count: number, totalCount: number, userId = 'u-z') =>
    event('zikr_count_updated', seq, {
      zikrId: 'z',
      count,
      totalCount,
      userId,
      userName: userId === me ? 'Ali Valiyev' : 'Zarina Aliyeva',
      goal: 100,
      cycleCount: Math.floor(totalCount / 100),
      progress: '100.00',
    })

  test('are added to the total, to the share, and to one’s own', () => {
    const g = group()
    apply(g, counted(3, 33, 33), me)
    apply(g, counted(4, 100, 133, me), me)
    apply(g, counted(5, 7, 140), me)
    expect(g.zikrs[0]).toMatchObject({ total: 140, cycles: 1, progress: 40, mine: 100 })
    expect(g.zikrs[0]?.shares.map((s) => s.count)).toEqual([40, 100])
  })
  test('in an anonymous group are one’s own by the answer, before the event or after it', () => {
    const g = anonymous()
    const ali = { id: me, name: 'Ali Valiyev' }
    const nameless = (seq: number, count: number, totalCount: number) =>
      event('zikr_count_updated', seq, { ...counted(seq, count, totalCount).data, userId: '', userName: '' })
    const answer = (count: number, totalCount: number) => ({ count, totalCount, timestamp: nameless(0, 0, 0).data.timestamp })
    apply(g, nameless(3, 33, 33), me)
    apply(g, nameless(4, 10, 43), me)
    ownCount(g, 'z', answer(10, 43), ali)
    ownCount(g, 'z', answer(7, 50), ali)
    apply(g, nameless(5, 7, 50), me)
    ownCount(g, 'z', answer(7, 50), ali) // a repeat is answered the same
    expect(g.zikrs[0]).toMatchObject({ total: 50, mine: 17 })
    expect(g.zikrs[0]?.shares).toEqual([
      { userId: '', userName: '', count: 33 },
      { userId: me, userName: 'Ali Valiyev', count: 17 },
    ])
  })
  test('that are undone are taken from all three', () => {
    const g = group()
    apply(g, counted(3, 33, 33, me), me)
    apply(g, counted(4, -33, 0, me), me)
    expect(g.zikrs[0]).toMatchObject({ total: 0, cycles: 0, progress: 0, mine: 0 })
  })
  test('a cycle is never shown as full before it is', () => {
    const g = group({
      zikrs: [
        {
          zikrId: 'z',
          name: 'S',
          body: null,
          description: null,
          hint: null,
          goal: 1_000_000,
          totalCount: 0,
          cycleCount: 0,
          progress: '0.00',
          myCount: 0,
          members: [],
        },
      ],
    })
    apply(g, event('zikr_count_updated', 3, { zikrId: 'z', count: 1, totalCount: 999_999, userId: me, goal: 1_000_000, cycleCount: 0 }), me)
    expect(g.zikrs[0]?.progress).toBe(99.99)
  })
  test('of a zikr that is not known are mended', () => {
    expect(apply(group(), event('zikr_count_updated', 3, { zikrId: 'other', count: 1, totalCount: 1 }), me)).toBe('resync')
  })
})

test('members come once, and go', () => {
  const g = group({ adminId: 'u-z' })
  const joined = { userId: 'u-n', userName: 'Nodira' }
  apply(g, event('member_joined', 3, joined), me)
  apply(g, event('member_joined', 4, joined), me)
  expect(g.members).toHaveLength(3)
  apply(g, event('member_joined', 5, { userId: 'u-m', userName: 'Momo', loginless: true }), me)
  expect(g.members.slice(2).map((m) => m.hasLogin)).toEqual([true, false])
  apply(g, event('member_left', 6, joined), me)
  expect(g.members).toHaveLength(3)
  expect(apply(group(), event('member_joined', 3, { userId: 'u-m', userName: 'Momo Oyi', loginless: true }), me)).toBe('resync')
})

test('a group that only counts has no hatm', () => {
  expect(group({ type: 'zikr', poras: undefined }).hatms).toEqual([])
})
