// Bans, from outside: who is banned is out at once, on the socket too, and comes in by no way.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Person, connect, useServer } from './harness/index.js'

const server = useServer()

test('who is banned is removed at once, and comes in by no way', async (t) => {
  const [admin, reader, stranger] = await Promise.all([1, 2, 3].map(() => Person.registered(server)))
  const group = await admin.quranGroup(reader)
  const client = await connect(t, reader)
  await client.join(group)
  const booking = await client.ask('book_pora', { groupId: group.id, poraId: '5' })

  const { status, body } = await admin.request('PUT', `/groups/${group.id}/bans/${reader.id}`)
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body).sort(), ['bannedAt', 'userId', 'userName'])
  const released = await client.next('pora_released')
  assert.equal(released.bookingId, booking.bookingId)
  await client.next('member_left', (e) => e.userId === reader.id)
  await client.next('left_group', (e) => e.groupId === group.id)
  await client.next('new_notification', (e) => e.type === 'removed_from_group')

  await reader.refused('banned', 'POST', `/groups/${group.id}/join`)
  await admin.refused('banned', 'POST', `/groups/${group.id}/invitations`, { receiverId: reader.id })
  const link = await admin.post(`/groups/${group.id}/links`, {}, 201)
  await reader.refused('banned', 'POST', `/links/${link.code}/join`)

  const { id } = await admin.post(`/groups/${group.id}/invitations`, { receiverId: stranger.id }, 201)
  assert.equal((await admin.request('PUT', `/groups/${group.id}/bans/${stranger.id}`)).status, 200)
  await stranger.refused('banned', 'POST', `/notifications/${id}/respond`, { accept: true })
  const list = await admin.get(`/groups/${group.id}/bans`)
  assert.deepEqual(list.items.map((item) => item.userId).sort(), [reader.id, stranger.id].sort())

  await admin.delete(`/groups/${group.id}/bans/${stranger.id}`)
  await stranger.post(`/notifications/${id}/respond`, { accept: true })
  await admin.delete(`/groups/${group.id}/bans/${reader.id}`)
  await reader.post(`/groups/${group.id}/join`)
  assert.deepEqual((await admin.get(`/groups/${group.id}/bans`)).items, [])
})

test('only the admin bans, and nobody themselves', async () => {
  const [admin, reader, stranger] = await Promise.all([1, 2, 3].map(() => Person.registered(server)))
  const group = await admin.zikrGroup({}, reader)
  const bans = `/groups/${group.id}/bans`
  await reader.refused('not_admin', 'PUT', `${bans}/${stranger.id}`)
  await reader.refused('not_admin', 'DELETE', `${bans}/${stranger.id}`)
  await reader.refused('not_admin', 'GET', bans)
  await stranger.refused('not_member', 'PUT', `${bans}/${reader.id}`)
  await stranger.refused('not_member', 'GET', bans)
  await admin.refused('invalid_payload', 'PUT', `${bans}/${admin.id}`)
  await admin.refused('user_not_found', 'PUT', `${bans}/nobody`)
})

test('what is read on one device is told to the other, once', async (t) => {
  const [admin, reader] = await Promise.all([1, 2].map(() => Person.registered(server)))
  const group = await admin.zikrGroup()
  const [phone, tablet] = [await connect(t, reader), await connect(t, reader)]
  const { id } = await admin.post(`/groups/${group.id}/invitations`, { receiverId: reader.id }, 201)
  await phone.ask('mark_notification_read', { notificationId: id })
  const told = await tablet.next('notification_marked_read')
  assert.deepEqual([told.notificationId, told.success], [id, true])
})

test('strangers do not see who is online', async (t) => {
  const [admin, stranger] = await Promise.all([1, 2].map(() => Person.registered(server)))
  const group = await admin.zikrGroup()
  const client = await connect(t, admin)
  await client.join(group)
  assert.ok((await admin.snapshot(group)).members.some((m) => m.online))
  assert.ok(!(await stranger.snapshot(group)).members?.some((m) => m.online))
})
