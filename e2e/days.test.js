// What was done by day, what is taken back, and of what one is reminded.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect } from './harness/index.js'
import { onServerAndNodes } from './harness/cluster.js'

const today = (zone, at = Date.now()) => new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(at)

// farFromMidnight waits until no day ends within the next seconds in a zone of these tests, which are whole hours from UTC.
async function farFromMidnight() {
  const left = 3_600_000 - (Date.now() % 3_600_000)
  if (left < 20_000) await new Promise((resolve) => setTimeout(resolve, left))
}

function proves(nodes) {
  // people make accounts that use the nodes by turns.
  async function people(...names) {
    const all = await nodes()[0].people(...names)
    return all.map((person, i) => Object.assign(person, { server: nodes()[i % nodes().length] }))
  }

  test('what one does is of the day in one’s own zone, and what is taken back goes out of it', async (t) => {
    await farFromMidnight()
    const [ali, vali, stranger] = await people('Ali', 'Vali', 'Begona')
    assert.equal((await ali.get('/me')).timeZone, 'UTC')
    await vali.patch('/me', { timeZone: 'Pacific/Kiritimati' }) // 14 hours before UTC
    const group = await ali.zikrGroup({ goal: 100 }, vali)
    await ali.patch(`/groups/${group.id}`, { timeZone: 'Pacific/Midway' }) // 11 hours after it
    const v = await connect(t, vali)
    await v.join(group)
    const count = (n) => v.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: n })
    const kept = await count(30)
    const { id } = await count(12)
    const [own, groups] = [today('Pacific/Kiritimati'), today('Pacific/Midway')]
    const mine = await vali.get('/me/days')
    assert.deepEqual(mine, { ...mine, timeZone: 'Pacific/Kiritimati', days: [{ date: own, counted: 42, poras: 0 }], streak: { days: 1, best: 1 } })
    const path = `/groups/${group.id}/days?from=${groups}&to=${groups}`
    const all = await ali.get(path)
    assert.deepEqual(all, { timeZone: 'Pacific/Midway', from: groups, days: [{ date: groups, counted: 42, poras: 0, members: 1 }], streak: { days: 1, best: 1 } })
    assert.deepEqual(await stranger.get(path), all, 'who may read a public group’s snapshot')

    const undone = await v.ask('undo_zikr_count', { id })
    assert.deepEqual([undone.count, undone.undoes, undone.totalCount, undone.goalReached], [-12, id, 30, false])
    assert.deepEqual(await vali.post(`/counts/${id}/undo`), undone, 'a repeat, over REST too')
    assert.deepEqual((await vali.get('/me/days')).days.map((d) => d.counted), [30])
    await stranger.refused('count_not_found', 'POST', `/counts/${kept.id}/undo`)
    const done = await ali.post(`/groups/${group.id}/members/${vali.id}/undo`, { since: kept.timestamp })
    assert.deepEqual(done, { counts: 1, poras: 0 })
    const nothing = { days: 0, best: 0 }
    for (const [person, from] of [[vali, '/me/days'], [ali, path]]) {
      const { days, streak } = await person.get(from)
      assert.deepEqual([days, streak], [[], nothing], `${from}: a day without anything left is not listed`)
    }
    await ali.patch(`/groups/${group.id}`, { isPublic: false })
    await stranger.refused('not_member', 'GET', path)
    for (const range of ['from=2026-02-30', 'from=2026-02-02&to=2026-02-01', 'from=2024-01-01&to=2026-01-01']) {
      await vali.refused('invalid_payload', 'GET', `/me/days?${range}`)
    }
  })

  test('poras are of the day on which they were read, until they are reopened', async () => {
    await farFromMidnight()
    const [ali, vali] = await people('Ali', 'Vali')
    await vali.patch('/me', { timeZone: 'Asia/Tashkent' })
    const group = await ali.quranGroup(vali)
    const { bookingId } = await vali.post(`/groups/${group.id}/bookings`, { poraId: '30' }, 201)
    await ali.post(`/bookings/${bookingId}/complete`) // the admin for the reader, whose it is
    const date = today('Asia/Tashkent')
    assert.deepEqual((await vali.get('/me/days')).days, [{ date, counted: 0, poras: 1 }])
    assert.deepEqual((await ali.get('/me/days')).days, [])
    await vali.patch('/me', { timeZone: 'Pacific/Midway' }) // changes no day that was
    assert.deepEqual((await vali.get(`/me/days?from=${date}`)).days.map((d) => d.date), [date])
    await vali.post(`/bookings/${bookingId}/reopen`)
    assert.deepEqual((await vali.get(`/me/days?from=${date}`)).days, [])
  })

  test('an hour of one’s own, and what one is reminded of', async () => {
    const [ali] = await people('Ali')
    const settings = { timeZone: 'Asia/Tashkent', locale: 'uz-Cyrl', reminderHour: 0, remindOf: ['poras', 'zikrs'] }
    const is = async (want) => {
      const me = await ali.get('/me')
      assert.deepEqual(Object.fromEntries(Object.keys(want).map((key) => [key, me[key]])), want)
    }
    await is({ timeZone: 'UTC', locale: null, reminderHour: null, remindOf: ['poras'] })
    await ali.patch('/me', settings)
    await is(settings)
    await ali.patch('/me', { name: 'Olim', timeZone: null, remindOf: null })
    await is(settings)
    for (const wrong of [{ timeZone: 'Mars/Olympus' }, { locale: 'de' }, { reminderHour: 24 }, { reminderHour: '8' }, { remindOf: ['hatms'] }]) {
      await ali.refused('invalid_payload', 'PATCH', '/me', wrong)
    }
    await ali.patch('/me', { reminderHour: null, remindOf: [] })
    await is({ ...settings, reminderHour: null, remindOf: [] })
  })

  test('the admin reminds of one pora once a day, on the socket and over REST', async (t) => {
    const [ali, vali, sami] = await people('Ali', 'Vali', 'Sami')
    const group = await ali.quranGroup(vali, sami)
    await ali.patch(`/groups/${group.id}`, { readingDays: 5 })
    const [a, v, s] = await Promise.all([ali, vali, sami].map((person) => connect(t, person)))
    const { bookingId, dueAt } = await v.ask('book_pora', { groupId: group.id, poraId: '7' })
    assert.equal((await s.refused('not_admin', 'remind_pora', { bookingId })).error, 'not_admin')
    assert.equal((await a.ask('remind_pora', { bookingId })).bookingId, bookingId)
    const told = await v.next('new_notification')
    const about = { bookingId, poraId: '7', poraName: '7-Juz', hatmNumber: 1, dueAt, count: 1 }
    const of = (n) => Object.fromEntries(Object.keys(about).map((key) => [key, n[key]]))
    assert.deepEqual([told.type, told.senderId, of(told)], ['pora_reminder', ali.id, about])
    assert.deepEqual(of((await vali.get('/notifications')).items[0]), about)
    const ack = await a.send('remind_pora', { bookingId })
    assert.equal(ack.error.code, 'rate_limited')
    assert.ok(ack.error.retryAfterMs > 0 && ack.error.retryAfterMs <= 86_400_000, JSON.stringify(ack))
    await ali.refused('rate_limited', 'POST', `/bookings/${bookingId}/remind`)
    await ali.patch(`/groups/${group.id}`, { adminId: sami.id })
    await sami.refused('rate_limited', 'POST', `/bookings/${bookingId}/remind`)
    await ali.refused('not_admin', 'POST', `/bookings/${bookingId}/remind`)
    const { userId } = await sami.post(`/groups/${group.id}/members`, { name: 'Momo' }, 201)
    const given = await s.ask('book_pora', { groupId: group.id, poraId: '8', forUserId: userId })
    await sami.refused('user_not_found', 'POST', `/bookings/${given.bookingId}/remind`)
    await v.ask('release_pora', { bookingId })
    await sami.refused('booking_not_found', 'POST', `/bookings/${bookingId}/remind`)
  })
}

onServerAndNodes(proves)
