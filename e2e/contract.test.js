// The contract as a table: every event that clients send with every field wrong
// in every way, and every event that the server sends seen at least once. That
// each has the fields and types of the contract is checked wherever one arrives:
// see harness/contract.js.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Documents, clientEvents, confirmations, connect, namespaces, serverEvents, useServer } from './harness/index.js'

const server = useServer()

const id = 'x'
const wrong = {
  id: [undefined, null, '', 5, 0, true, false, {}, [], ['x'], { $ne: '' }, 'x'.repeat(129)],
  integer: [undefined, null, '1', '', 1.5, true, {}, [], [1]],
  boolean: [undefined, null, 0, 1, 'true', '', {}, []],
  opId: ['', 5, true, {}, [], 'x'.repeat(65)],
}
const right = { id, integer: 1, boolean: true, opId: 'op' }

const payload = (fields) => Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name.replace('?', ''), right[kind]]))

for (const [event, fields] of Object.entries(clientEvents)) {
  if (Object.keys(fields).length === 0) continue // get_notifications takes anything

  test(`${event}: every field of a wrong type, missing, empty or too long`, async (t) => {
    const client = await connect(t, await server.person())
    for (const nonsense of [undefined, null, 'text', 5, true, [], [payload(fields)], '']) {
      await client.refused('invalid_payload', event, nonsense)
    }
    for (const [field, kind] of Object.entries(fields)) {
      const name = field.replace('?', '')
      for (const value of wrong[kind]) {
        if (name !== field && (value === undefined || value === null)) continue // may be absent
        await client.refused('invalid_payload', event, { ...payload(fields), [name]: value })
      }
    }
  })

  test(`${event}: unknown fields and further arguments are ignored`, async (t) => {
    const client = await connect(t, await server.person())
    const good = payload(fields)
    const plain = await client.send(event, good)
    const more = await client.send(event, { ...good, extra: 1, nested: { a: [1] }, __proto__x: true })
    const code = (ack) => (ack.ok ? 'ok' : ack.error.code)
    assert.equal(code(more), code(plain))
    assert.notEqual(code(plain), 'invalid_payload')
    const ack = await new Promise((resolve) => client.socket.emit(event, good, { second: true }, 3, resolve))
    assert.equal(code(ack), code(plain))
  })
}

test('without an ack the confirmation comes all the same', async (t) => {
  const ali = await server.person('Ali')
  const group = await ali.quranGroup()
  const client = await connect(t, ali)
  client.socket.emit('join_group', { groupId: group.id })
  assert.equal((await client.next('joined_group')).groupId, group.id)
  client.socket.emit('book_pora', { poraId: '1', groupId: group.id })
  const { bookingId } = await client.next('booking_confirmed')
  client.socket.emit('complete_pora', { bookingId })
  assert.equal((await client.next('completion_confirmed')).bookingId, bookingId)
  client.socket.emit('get_notifications')
  assert.deepEqual(await client.next('notifications'), [])
})

for (const namespace of namespaces) {
  test(`${namespace}: every client event is confirmed and every server event is seen`, async (t) => {
    const [ali, vali, guli] = await server.people('Ali', 'Vali', 'Guli')
    const quran = await ali.quranGroup(vali)
    const zikr = await ali.zikrGroup({ goal: 10 }, vali)
    const [a, v, g] = await Promise.all([ali, vali, guli].map((person) => connect(t, person, { namespace })))
    const confirmed = new Set()
    const ask = async (client, event, data) => {
      confirmed.add(event)
      return client.ask(event, data)
    }

    for (const group of [quran, zikr]) {
      await ask(a, 'join_group', { groupId: group.id })
      await ask(v, 'join_group', { groupId: group.id })
    }
    await ask(v, 'leave_group', { groupId: zikr.id })
    await ask(v, 'join_group', { groupId: zikr.id, since: 0 })
    let read
    for (let n = 1; n <= 30; n++) {
      read = await ask(a, 'book_pora', { poraId: String(n), groupId: quran.id })
      await ask(a, 'complete_pora', { bookingId: read.bookingId })
    }
    await ali.post(`/groups/${quran.id}/hatms/1/reopen`)
    await ask(a, 'reopen_pora', { bookingId: read.bookingId })
    const { bookingId } = await ask(v, 'book_pora', { poraId: '1', groupId: quran.id })
    await ask(a, 'remind_pora', { bookingId })
    await ask(v, 'release_pora', { bookingId })
    const counted = await ask(v, 'update_zikr_count', { groupId: zikr.id, zikrId: zikr.zikrId, count: 10, opId: 'one' })
    await ask(v, 'undo_zikr_count', { id: counted.id })
    const first = await ask(a, 'send_invitation', { receiverId: guli.id, groupId: quran.id })
    await ask(g, 'respond_to_invitation', { notificationId: first.id, accept: false })
    const second = await ask(a, 'send_invitation', { receiverId: guli.id, groupId: quran.id })
    await ask(g, 'respond_to_invitation', { notificationId: second.id, accept: true })
    const [unread] = await ask(a, 'get_notifications')
    await ask(a, 'mark_notification_read', { notificationId: unread.id })
    await v.refused('not_admin', 'send_invitation', { receiverId: guli.id, groupId: quran.id })
    await ali.patch(`/groups/${quran.id}`, { name: 'Yangi nom' })
    await ali.delete(`/groups/${quran.id}/members/${vali.id}`)
    await ali.delete(`/groups/${zikr.id}`)
    await a.next('group_deleted')
    await v.next('left_group', (e) => e.groupId === zikr.id)
    await guli.delete('/me')
    await g.next('connection_status', (e) => e.status === 'expired')

    assert.deepEqual([...confirmed].sort(), Object.keys(confirmations).sort())
    const seen = new Set([a, v, g].flatMap((client) => client.recorder.items.map((i) => i.event)))
    assert.deepEqual([...seen].sort(), Object.keys(serverEvents).sort())
    const documents = await Documents.of(server)
    for (const { event, data } of [a, v, g].flatMap((client) => client.recorder.items)) assert.equal(documents.told(event, data), undefined, event)
  })
}
