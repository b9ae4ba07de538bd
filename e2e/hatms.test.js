// Several hatms at once, dates, mistakes, members without a phone, and share-outs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, settled, until } from './harness/index.js'
import { onServerAndNodes } from './harness/cluster.js'

const DAY = 86_400_000

function proves(nodes) {
  // reading makes a group of readers with settings, and connects its admin to the channel.
  async function reading(t, settings, ...names) {
    const [admin, ...others] = (await nodes()[0].people('Ali', ...names)).map((person, i) => Object.assign(person, { server: nodes()[i % nodes().length] }))
    const group = await admin.quranGroup(...others)
    await admin.patch(`/groups/${group.id}`, settings)
    const a = await connect(t, admin)
    await a.join(group)
    const book = (person, poraId, more = {}) => person.post(`/groups/${group.id}/bookings`, { poraId: String(poraId), ...more })
    const read = (bookingId) => admin.post(`/bookings/${bookingId}/complete`, undefined, 200)
    return { admin, others, group, a, book, read }
  }

  test('the next hatm opens when every pora is taken, and hatms complete in any order', async (t) => {
    const { admin, others: [vali], group, a, book, read } = await reading(t, { openHatms: 2 }, 'Vali')
    const first = []
    for (let n = 1; n <= 30; n++) first.push(await book(vali, n))
    const opened = await a.next('hatm_opened')
    assert.equal(opened.hatmNumber, 2)
    assert.equal(opened.seq, (await a.all('pora_booked')).at(-1).seq + 1, 'right after what caused it')
    const second = []
    for (let n = 1; n <= 30; n++) second.push(await book(admin, n))
    assert.ok(second.every((b) => b.hatmNumber === 2))
    assert.equal((await vali.refused('pora_already_booked', 'POST', `/groups/${group.id}/bookings`, { poraId: '1', hatmNumber: 2 })).status, 409)
    await vali.refused('hatm_not_found', 'POST', `/groups/${group.id}/bookings`, { poraId: '1', hatmNumber: 3 })
    for (const b of second) await read(b.bookingId)
    const done = await a.next('hatm_completed')
    assert.deepEqual([done.hatmNumber, done.hatmCount], [2, 1])
    assert.equal((await a.next('hatm_opened')).hatmNumber, 3)
    const snapshot = await admin.snapshot(group)
    assert.deepEqual(snapshot.hatms.map((h) => h.hatmNumber), [1, 3])
    assert.deepEqual(snapshot.poras, snapshot.hatms[0].poras, 'those of the oldest open one')
    const { items } = await vali.get(`/groups/${group.id}/hatms`)
    assert.deepEqual(items.map((h) => [h.hatmNumber, h.totalFinished, h.completedAt !== null, h.readers.length]), [[3, 0, false, 0], [2, 30, true, 30], [1, 0, false, 0]])
    assert.equal(items[1].readers[0].userName, admin.fullName)

    // It was a mistake: hatm 2 is opened again, and a pora of it is booked again.
    await admin.post(`/groups/${group.id}/hatms/2/reopen`, undefined, 200)
    const again = await a.next('hatm_reopened')
    assert.deepEqual([again.hatmNumber, again.hatmCount], [2, 0])
    await admin.post(`/bookings/${second[6].bookingId}/reopen`, undefined, 200)
    const reopened = await a.next('pora_reopened')
    assert.deepEqual([reopened.poraId, reopened.hatmNumber, reopened.totalFinished], ['7', 2, 29])
    await settled(admin, group, a)
  })

  test('a member holds no more poras than the group allows, but for what the admin gives', async (t) => {
    const { admin, others: [vali], group, a, book } = await reading(t, { poraLimit: 1 }, 'Vali')
    await book(vali, 1)
    await vali.refused('too_many_poras', 'POST', `/groups/${group.id}/bookings`, { poraId: '2' })
    await vali.refused('not_admin', 'POST', `/groups/${group.id}/bookings`, { poraId: '2', forUserId: admin.id })
    const v = await connect(t, vali)
    await book(admin, 2, { forUserId: vali.id })
    assert.equal((await v.next('new_notification')).type, 'pora_assigned')
    assert.equal((await a.next('pora_booked', (e) => e.poraId === '2')).userId, vali.id)
  })

  test('bookings and hatms have dates, of which readers are told the day before', async (t) => {
    const { admin, others: [vali], group, book } = await reading(t, { readingDays: 1, hatmDays: 30 }, 'Vali')
    const v = await connect(t, vali)
    const booked = await book(vali, 1)
    assert.equal(new Date(booked.dueAt) - new Date(booked.timestamp), DAY)
    const soon = await v.next('new_notification', undefined, 40_000)
    assert.deepEqual([soon.type, soon.senderId, soon.senderName], ['pora_due_soon', '', ''])
    const later = new Date(Date.now() + 3 * DAY).toISOString()
    const given = await admin.patch(`/bookings/${booked.bookingId}`, { dueAt: later })
    assert.equal(given.dueAt, later)
    await admin.refused('invalid_payload', 'PATCH', `/bookings/${booked.bookingId}`, { dueAt: new Date(Date.now() + DAY).toISOString() })
    const dated = await admin.patch(`/groups/${group.id}/hatms/1`, { dueAt: later })
    assert.equal(dated.dueAt, later)
    assert.equal((await admin.patch(`/groups/${group.id}/hatms/1`, { dueAt: null })).dueAt, null)
  })

  test('what is overdue is released by itself, within a minute', async (t) => {
    const { admin, others: [vali], group, a, book } = await reading(t, { autoRelease: true }, 'Vali')
    const v = await connect(t, vali)
    await admin.patch(`/groups/${group.id}/hatms/1`, { dueAt: new Date(Date.now() + 3_000).toISOString() })
    const booked = await book(vali, 5)
    const released = await a.next('pora_released', undefined, 60_000)
    assert.deepEqual([released.bookingId, released.reason, released.userId], [booked.bookingId, 'overdue', vali.id])
    const told = await v.next('new_notification', (n) => n.type === 'pora_released')
    assert.deepEqual([told.senderId, told.senderName], ['', ''])
    await settled(admin, group, a)
    assert.equal(a.all('pora_released').length, 1)
  })

  test('the admin adds members who have no phone, and shares a hatm out', async (t) => {
    const { admin, others: [vali], group, a } = await reading(t, {}, 'Vali')
    const grandmother = await admin.post(`/groups/${group.id}/members`, { name: 'Momo' })
    assert.equal(grandmother.loginless, true)
    assert.equal((await a.next('member_joined', (e) => e.userId === grandmother.userId)).loginless, true)
    assert.equal((await admin.patch(`/groups/${group.id}/members/${grandmother.userId}`, { name: 'Oyi' })).userName, 'Oyi')
    const { items } = await admin.get('/users?q=Oyi')
    assert.deepEqual(items, [], 'they are in no search')

    const shared = await admin.post(`/groups/${group.id}/hatms/1/share`, {}, 200)
    const share = (id) => shared.bookings.filter((b) => b.userId === id).length
    assert.deepEqual([admin.id, vali.id, grandmother.userId].map(share), [10, 10, 10])
    await until(() => a.all('pora_booked').length === 30, () => `30 pora_booked, ${a.all('pora_booked').length} came`)
    assert.deepEqual((await admin.post(`/groups/${group.id}/hatms/1/share`, {}, 200)).bookings, [])
  })
}

onServerAndNodes(proves)
