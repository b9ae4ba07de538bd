// A hatm: thirty poras that the members of a group divide among themselves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, settled, useServer } from './harness/index.js'

const server = useServer()

// reading makes a group of two readers and connects both to its channel.
async function reading(t) {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const [a, v] = await Promise.all([connect(t, ali), connect(t, vali)])
  await a.join(group)
  await v.join(group)
  const book = (client, poraId) => client.ask('book_pora', { poraId: String(poraId), groupId: group.id })
  const complete = (client, bookingId) => client.ask('complete_pora', { bookingId })
  const release = (client, bookingId) => client.ask('release_pora', { bookingId })
  return { ali, vali, group, a, v, book, complete, release }
}

test('a booked pora is confirmed to the caller and told to the group', async (t) => {
  const { vali, group, a, v, book } = await reading(t)
  const phone = await connect(t, vali)
  const booked = await book(v, 5)
  assert.equal(booked.poraId, '5')
  assert.equal(booked.poraName, '5-Juz')
  for (const client of [a, v]) {
    const told = await client.next('pora_booked')
    assert.deepEqual(told, { ...booked, groupId: group.id, userId: vali.id, userName: 'Vali Valiyev', seq: told.seq, timestamp: told.timestamp })
  }
  await settled(a.person, group, a, v)
  await phone.ask('get_notifications')
  assert.deepEqual(phone.all('pora_booked'), [], 'a device outside the channel is told nothing')
  assert.deepEqual(phone.all('booking_confirmed'), [], 'only the calling connection gets the confirmation')
  assert.deepEqual(a.all('booking_confirmed'), [])
})

test('every pora has its name, in bookings and in the snapshot', async (t) => {
  const { ali, group, a, book } = await reading(t)
  const bookings = []
  for (let n = 1; n <= 30; n++) bookings.push(await book(a, n))
  const { poras } = await ali.snapshot(group)
  assert.equal(poras.length, 30)
  poras.forEach((pora, i) => {
    const { bookingId, poraId, poraName } = bookings[i]
    assert.equal(poraName, `${i + 1}-Juz`)
    assert.deepEqual(pora, { poraId, poraName, status: 'booked', bookingId, userId: ali.id, userName: ali.fullName, dueAt: null })
    assert.equal(poraId, String(i + 1))
  })
})

test('a pora that one holds is confirmed again, without a second event', async (t) => {
  const { ali, group, a, v, book } = await reading(t)
  const first = await book(a, 7)
  const again = await book(a, 7)
  assert.equal(again.bookingId, first.bookingId)
  await settled(ali, group, a, v)
  assert.equal(v.all('pora_booked').length, 1)
})

test('a pora that another holds or that is done cannot be booked', async (t) => {
  const { group, a, v, book, complete } = await reading(t)
  const { bookingId } = await book(a, 1)
  await v.refused('pora_already_booked', 'book_pora', { poraId: '1', groupId: group.id })
  await complete(a, bookingId)
  await v.refused('pora_already_completed', 'book_pora', { poraId: '1', groupId: group.id })
  await a.refused('pora_already_completed', 'book_pora', { poraId: '1', groupId: group.id })
})

test('there are no poras but 1 to 30', async (t) => {
  const { group, a } = await reading(t)
  for (const poraId of ['0', '31', '-1', '01', '1.0', 'x', '1-Juz', ' 1', '99999999999999999999', 'x'.repeat(128)]) {
    await a.refused('pora_not_found', 'book_pora', { poraId, groupId: group.id })
  }
})

test('a completed pora is confirmed and told with what is finished', async (t) => {
  const { vali, group, a, v, book, complete } = await reading(t)
  const { bookingId } = await book(v, 3)
  const done = await complete(v, bookingId)
  assert.equal(done.bookingId, bookingId)
  for (const client of [a, v]) {
    const told = await client.next('pora_completed')
    assert.deepEqual(told, {
      bookingId, poraId: '3', poraName: '3-Juz', groupId: group.id, groupName: group.name, userId: vali.id, userName: vali.fullName,
      totalFinished: 1, hatmCompleted: false, hatmNumber: 1, seq: told.seq, timestamp: told.timestamp,
    })
  }
})

test('completing again is confirmed, without a second event', async (t) => {
  const { ali, group, a, v, book, complete } = await reading(t)
  const { bookingId } = await book(v, 3)
  const first = await complete(v, bookingId)
  assert.equal((await complete(v, bookingId)).poraId, first.poraId)
  await settled(ali, group, a, v)
  assert.equal(a.all('pora_completed').length, 1)
  assert.equal((await ali.snapshot(group)).poras.filter((p) => p.status === 'completed').length, 1)
})

test('only the holder or the admin completes and releases', async (t) => {
  const { ali, vali, group, a, v, book, complete, release } = await reading(t)
  const guli = await server.person('Guli')
  await guli.post(`/groups/${group.id}/join`)
  const g = await connect(t, guli)
  const { bookingId } = await book(v, 9)
  await g.refused('not_your_booking', 'complete_pora', { bookingId })
  await g.refused('not_your_booking', 'release_pora', { bookingId })

  await complete(a, bookingId)
  const told = await v.next('pora_completed')
  assert.equal(told.userId, vali.id, 'the holder is named, not the admin who did it')
  assert.equal(told.userName, vali.fullName)

  const second = await book(v, 10)
  await release(a, second.bookingId)
  const freed = await v.next('pora_released')
  assert.equal(freed.userId, vali.id)
  assert.equal(freed.userName, vali.fullName)
  const notice = await v.next('new_notification')
  assert.equal(notice.type, 'pora_released')
  assert.equal(notice.senderId, ali.id)
  assert.equal(notice.senderName, ali.fullName)
  assert.equal(notice.groupId, group.id)
})

test('a released pora is free for others, and the old booking is gone', async (t) => {
  const { ali, vali, group, a, v, book, release } = await reading(t)
  const { bookingId } = await book(v, 2)
  const freed = await release(v, bookingId)
  assert.deepEqual(freed, { bookingId, poraId: '2', poraName: '2-Juz', hatmNumber: 1, timestamp: freed.timestamp })
  const told = await a.next('pora_released')
  assert.deepEqual(told, { ...freed, groupId: group.id, userId: vali.id, userName: vali.fullName, reason: 'holder', seq: told.seq, timestamp: told.timestamp })

  await release(v, bookingId)
  await v.refused('booking_not_found', 'complete_pora', { bookingId })
  const next = await book(a, 2)
  assert.notEqual(next.bookingId, bookingId)
  await release(v, bookingId)
  await settled(ali, group, a, v)
  assert.equal(a.all('pora_released').length, 1, 'a repeated release frees nothing')
  assert.deepEqual(v.all('new_notification'), [], 'who releases their own pora needs no notification')
})

test('what is done cannot be released', async (t) => {
  const { v, a, book, complete } = await reading(t)
  const { bookingId } = await book(v, 30)
  await complete(v, bookingId)
  await v.refused('booking_already_completed', 'release_pora', { bookingId })
  await a.refused('booking_already_completed', 'release_pora', { bookingId })
})

test('the thirtieth pora completes the hatm and opens the next', async (t) => {
  const { ali, vali, group, a, v, book, complete } = await reading(t)
  const bookings = []
  for (let n = 1; n <= 30; n++) {
    bookings.push((await book(v, n)).bookingId)
    await complete(v, bookings.at(-1))
  }
  const hatm = await a.next('hatm_completed')
  assert.equal(hatm.hatmCount, 1)
  assert.equal(hatm.groupName, group.name)
  const completed = a.all('pora_completed')
  assert.deepEqual(completed.map((e) => e.totalFinished), Array.from({ length: 30 }, (_, i) => i + 1))
  assert.deepEqual(completed.filter((e) => e.hatmCompleted).map((e) => e.totalFinished), [30])
  assert.equal(hatm.seq, completed[29].seq + 1, 'the two events are neighbours')

  const snapshot = await ali.snapshot(group)
  assert.equal(snapshot.hatmCount, 1)
  assert.deepEqual([...new Set(snapshot.poras.map((p) => p.status))], ['available'])
  assert.equal((await a.next('new_notification')).type, 'hatm_completed')
  assert.deepEqual(v.all('new_notification'), [], 'the actor is not notified')

  const next = await book(v, 1)
  assert.notEqual(next.bookingId, bookings[0])
  await complete(v, bookings[0])
  await complete(v, next.bookingId)
  const told = await a.next('pora_completed', (e) => e.hatmNumber === 2)
  assert.equal(told.totalFinished, 1)
  await settled(ali, group, a, v)
  assert.equal(a.all('hatm_completed').length, 1)
  assert.equal(a.all('pora_completed').length, 31)
})

test('hatmGoal is for display: the next hatm opens past it', async (t) => {
  const ali = await server.person('Ali')
  const group = await ali.post('/groups', { name: 'Bir hatm', type: 'quran', isPublic: false, hatmGoal: 1 })
  assert.equal(group.hatmGoal, 1)
  const a = await connect(t, ali)
  await a.join(group)
  for (let round = 1; round <= 2; round++) {
    for (let n = 1; n <= 30; n++) {
      const { bookingId } = await a.ask('book_pora', { poraId: String(n), groupId: group.id })
      await a.ask('complete_pora', { bookingId })
    }
    assert.equal((await a.next('hatm_completed')).hatmCount, round)
  }
  assert.equal((await ali.snapshot(group)).poras.filter((p) => p.status === 'available').length, 30)
})

// Three ways out of a group; what follows is the same.
const waysOut = {
  'who leaves the group': ({ vali, group }) => vali.post(`/groups/${group.id}/leave`, undefined, 204),
  'who is removed from the group': ({ ali, vali, group }) => ali.delete(`/groups/${group.id}/members/${vali.id}`),
  'who deletes the account': ({ vali }) => vali.delete('/me'),
}

for (const [who, goOut] of Object.entries(waysOut)) {
  test(`${who} frees what they booked; what they read stays`, async (t) => {
    const world = await reading(t)
    const { ali, vali, group, a, v, book, complete } = world
    const done = await book(v, 1)
    await complete(v, done.bookingId)
    const open = [(await book(v, 2)).bookingId, (await book(v, 3)).bookingId]
    await goOut(world)

    const left = await a.next('member_left')
    assert.equal(left.userId, vali.id)
    await a.next('user_offline', (e) => e.userId === vali.id)
    const order = a.recorder.items.map((i) => i.event).filter((event) => ['pora_released', 'member_left', 'user_offline'].includes(event))
    assert.deepEqual(order, ['pora_released', 'pora_released', 'member_left', 'user_offline'])
    const freed = a.all('pora_released')
    assert.deepEqual(freed.map((e) => e.bookingId).sort(), open.sort())
    assert.ok(freed.every((e) => e.userId === vali.id))

    const { poras, members } = await ali.snapshot(group)
    assert.deepEqual(members.map((m) => m.userId), [ali.id])
    assert.deepEqual([poras[0].status, poras[0].bookingId], ['completed', done.bookingId])
    if (who !== 'who deletes the account') assert.equal(poras[0].userId, vali.id)
    else {
      assert.equal(poras[0].userName, 'Former member')
      assert.notEqual(poras[0].userId, vali.id, 'the id is another issuer\'s, and goes with the account')
    }
    assert.deepEqual([poras[1].status, poras[2].status], ['available', 'available'])
  })
}

test('every device of who left sees member_left, is told left_group and sees no more', async (t) => {
  const { ali, vali, group, a, v, book } = await reading(t)
  const tablet = await connect(t, vali)
  await tablet.join(group)
  const phone = await connect(t, vali)
  const { bookingId } = await book(v, 2)
  await vali.post(`/groups/${group.id}/leave`, undefined, 204)
  for (const client of [v, tablet]) {
    const left = await client.next('member_left')
    assert.deepEqual([left.userId, left.userName], [vali.id, vali.fullName])
    assert.deepEqual(client.all('pora_released').map((e) => e.bookingId), [bookingId])
    assert.equal((await client.next('left_group')).groupId, group.id)
    assert.equal(client.recorder.items.at(-1).event, 'left_group', 'member_left comes first')
  }
  await settled(ali, group, a)
  await phone.ask('get_notifications')
  assert.deepEqual(phone.all('left_group'), [], 'a device outside the channel is told nothing')
  for (const client of [v, tablet]) {
    await client.ask('get_notifications')
    assert.deepEqual(client.all('group_updated'), [])
  }
  await v.refused('not_member', 'book_pora', { poraId: '4', groupId: group.id })
  await v.refused('booking_not_found', 'complete_pora', { bookingId })
})

test('bookings of a group that one is not in do not exist', async (t) => {
  const { a, book } = await reading(t)
  const stranger = await connect(t, await server.person('Begona'))
  const { bookingId } = await book(a, 4)
  for (const event of ['complete_pora', 'release_pora']) {
    await stranger.refused('booking_not_found', event, { bookingId })
    await stranger.refused('booking_not_found', event, { bookingId: 'no such booking' })
  }
})
