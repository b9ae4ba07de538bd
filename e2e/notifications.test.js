// Notifications: what one is told when one is there, and finds when one was not.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, notificationItem, problem, useServer } from './harness/index.js'

const server = useServer()

const invited = (admin, group, receiver) => admin.post(`/groups/${group.id}/invitations`, { receiverId: receiver.id }, 201)

test('get_notifications ignores whatever it is sent', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const v = await connect(t, vali)
  assert.deepEqual(await v.ask('get_notifications'), [])
  const { id } = await invited(ali, await ali.quranGroup(), vali)
  for (const payload of [undefined, null, {}, { unread: false }, [], [1], 'all', 5, true]) {
    assert.deepEqual((await v.ask('get_notifications', payload)).map((n) => n.id), [id], JSON.stringify(payload))
  }
})

test('the newest hundred come first', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const sent = []
  for (let i = 0; i < 103; i++) sent.push((await invited(ali, await ali.quranGroup(), vali)).id)
  const v = await connect(t, vali)
  assert.deepEqual((await v.ask('get_notifications')).map((n) => n.id), sent.slice(3).reverse())

  const pages = []
  for (let cursor = ''; cursor !== null;) {
    const page = await vali.get(`/notifications?limit=40${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
    pages.push(page.items.length)
    assert.deepEqual(page.items.map((n) => n.id), sent.slice(0, sent.length - pages.slice(0, -1).reduce((a, b) => a + b, 0)).reverse().slice(0, 40))
    cursor = page.cursor
  }
  assert.deepEqual(pages, [40, 40, 23])
})

test('a read notification is not among the unread', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const v = await connect(t, vali)
  const [first, second] = [await invited(ali, await ali.quranGroup(), vali), await invited(ali, await ali.quranGroup(), vali)]
  const read = await v.ask('mark_notification_read', { notificationId: first.id })
  assert.deepEqual(read, { notificationId: first.id, success: true, timestamp: read.timestamp })
  assert.equal((await v.ask('mark_notification_read', { notificationId: first.id })).success, true)
  assert.deepEqual((await v.ask('get_notifications')).map((n) => n.id), [second.id])

  const ids = async (query) => (await vali.get(`/notifications${query}`)).items.map((n) => [n.id, n.isRead])
  assert.deepEqual(await ids('?unread=true'), [[second.id, false]])
  assert.deepEqual(await ids(''), [[second.id, false], [first.id, true]])
  assert.deepEqual(await ids('?unread=false'), [[second.id, false], [first.id, true]])
  await vali.post(`/notifications/${second.id}/read`)
  assert.deepEqual(await v.ask('get_notifications'), [])
})

test("somebody else's notification does not exist", async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const { id } = await invited(ali, await ali.quranGroup(), vali)
  const a = await connect(t, ali)
  await a.refused('notification_not_found', 'mark_notification_read', { notificationId: id })
  await a.refused('notification_not_found', 'mark_notification_read', { notificationId: 'none' })
  await ali.refused('notification_not_found', 'POST', `/notifications/${id}/read`)
  assert.deepEqual((await vali.get('/notifications?unread=true')).items.map((n) => n.id), [id])
})

test('a hatm is notified once to each member but the actor, and each reads it alone', async (t) => {
  const [ali, vali, guli] = await server.people('Ali', 'Vali', 'Guli')
  const group = await ali.quranGroup(vali, guli)
  const [a, v, g] = [await connect(t, ali), await connect(t, vali), await connect(t, guli)]
  for (let n = 1; n <= 30; n++) {
    const { bookingId } = await a.ask('book_pora', { poraId: String(n), groupId: group.id })
    await a.ask('complete_pora', { bookingId })
  }
  const later = await server.person('Keyin')
  await later.post(`/groups/${group.id}/join`)
  for (const client of [v, g]) {
    const told = await client.next('new_notification')
    assert.deepEqual({ ...told, id: '', time: '' }, { id: '', type: 'hatm_completed', senderId: ali.id, senderName: ali.fullName, groupId: group.id, groupName: group.name, time: '' })
    assert.deepEqual(await client.ask('get_notifications'), [{ ...told, isRead: false }])
  }
  await v.ask('mark_notification_read', { notificationId: v.all('new_notification')[0].id })
  assert.deepEqual(await v.ask('get_notifications'), [])
  assert.equal((await g.ask('get_notifications')).length, 1)
  assert.deepEqual((await ali.get('/notifications')).items, [])
  assert.deepEqual(a.all('new_notification'), [], 'not to the actor')
  assert.deepEqual((await later.get('/notifications')).items, [], 'who joined later missed it')
  await a.refused('notification_not_found', 'mark_notification_read', { notificationId: v.all('new_notification')[0].id })
})

test('who is removed is told, and finds it later', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const v = await connect(t, vali)
  await v.join(group)
  await ali.delete(`/groups/${group.id}/members/${vali.id}`)
  const told = await v.next('new_notification')
  assert.deepEqual([told.type, told.senderId, told.groupId, told.groupName], ['removed_from_group', ali.id, group.id, group.name])
  await v.next('left_group')
  await v.next('member_left')
  assert.deepEqual(await v.ask('get_notifications'), [{ ...told, isRead: false }])
})

test('the members of a deleted group are notified, its admin is not', async (t) => {
  const [ali, vali, guli] = await server.people('Ali', 'Vali', 'Guli')
  const group = await ali.quranGroup(vali, guli)
  const [a, v] = [await connect(t, ali), await connect(t, vali)]
  await a.join(group)
  await v.join(group)
  await ali.delete(`/groups/${group.id}`)
  for (const client of [a, v]) {
    const gone = await client.next('group_deleted')
    assert.deepEqual([gone.groupId, gone.groupName], [group.id, group.name])
    assert.equal((await client.next('left_group')).groupId, group.id)
  }
  assert.equal((await v.next('new_notification')).type, 'removed_from_group')
  assert.deepEqual((await guli.get('/notifications')).items.map((n) => n.type), ['removed_from_group'])
  assert.deepEqual((await ali.get('/notifications')).items, [])
  await v.refused('not_member', 'join_group', { groupId: group.id })
})

test('every item of the list over REST has its fields', async () => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  await invited(ali, await ali.quranGroup(), vali)
  const { items, cursor } = await vali.get('/notifications')
  assert.equal(cursor, null)
  assert.equal(problem(notificationItem, items[0]), undefined)
})
