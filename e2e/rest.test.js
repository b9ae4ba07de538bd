// The REST API, route by route, and what it tells those who listen on the socket.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { call, clientEvents, connect, problem, serverEvents, settled, shapes, useServer } from './harness/index.js'

const server = useServer()

const fits = (shape, value) => assert.equal(problem(shapes[shape], value), undefined, JSON.stringify(value))
const open = (method, path, options) => call(server, method, path, options)

// Every route of the contract's table: method, path, whether it asks for a token.
const routes = [
  ['POST', '/auth/register', false], ['POST', '/auth/login', false],
  ['GET', '/me', true], ['PATCH', '/me', true], ['DELETE', '/me', true], ['GET', '/me/export', true], ['GET', '/users', true],
  ['POST', '/groups', true], ['GET', '/groups', true], ['GET', '/groups/public', true],
  ['GET', '/groups/{groupId}', true], ['PATCH', '/groups/{groupId}', true], ['DELETE', '/groups/{groupId}', true],
  ['POST', '/groups/{groupId}/join', true], ['POST', '/groups/{groupId}/leave', true], ['DELETE', '/groups/{groupId}/members/{userId}', true],
  ['POST', '/groups/{groupId}/zikrs', true], ['PATCH', '/groups/{groupId}/zikrs/{zikrId}', true], ['DELETE', '/groups/{groupId}/zikrs/{zikrId}', true],
  ['POST', '/groups/{groupId}/bookings', true], ['POST', '/bookings/{bookingId}/complete', true], ['DELETE', '/bookings/{bookingId}', true],
  ['POST', '/groups/{groupId}/zikrs/{zikrId}/counts', true],
  ['POST', '/groups/{groupId}/invitations', true], ['POST', '/notifications/{id}/respond', true],
  ['GET', '/notifications', true], ['POST', '/notifications/{id}/read', true], ['GET', '/groups/{groupId}/events', true],
  ['GET', '/poras', false], ['GET', '/zikrs', false],
  ['POST', '/auth/renew', true], ['POST', '/auth/logout', true], ['GET', '/me/sessions', true], ['DELETE', '/me/sessions', true], ['DELETE', '/me/sessions/{sessionId}', true],
  ['GET', '/me/blocks', true], ['PUT', '/me/blocks/{userId}', true], ['DELETE', '/me/blocks/{userId}', true],
  ['GET', '/admin/users', true], ['POST', '/admin/users', true], ['GET', '/admin/users/{userId}', true], ['PATCH', '/admin/users/{userId}', true],
  ['DELETE', '/admin/users/{userId}', true], ['DELETE', '/admin/users/{userId}/sessions', true],
  ['GET', '/admin/groups', true], ['GET', '/admin/groups/{groupId}', true], ['PATCH', '/admin/groups/{groupId}', true], ['DELETE', '/admin/groups/{groupId}', true],
  ['GET', '/admin/audit', true],
  ['POST', '/auth/guest', false], ['POST', '/groups/{groupId}/links', true], ['GET', '/groups/{groupId}/links', true], ['DELETE', '/groups/{groupId}/links/{code}', true],
  ['GET', '/links/{code}', false], ['GET', '/links/{code}/qr.svg', false], ['GET', '/links/{code}/qr.png', false], ['POST', '/links/{code}/join', true],
  ['GET', '/groups/{groupId}/bans', true], ['PUT', '/groups/{groupId}/bans/{userId}', true], ['DELETE', '/groups/{groupId}/bans/{userId}', true],
  ['GET', '/groups/{groupId}/hatms', true], ['PATCH', '/groups/{groupId}/hatms/{hatmNumber}', true], ['POST', '/groups/{groupId}/hatms/{hatmNumber}/reopen', true],
  ['POST', '/groups/{groupId}/hatms/{hatmNumber}/share', true], ['PATCH', '/bookings/{bookingId}', true], ['POST', '/bookings/{bookingId}/reopen', true],
  ['POST', '/bookings/{bookingId}/remind', true], ['POST', '/groups/{groupId}/members', true], ['PATCH', '/groups/{groupId}/members/{userId}', true],
  ['POST', '/groups/{groupId}/members/{userId}/undo', true], ['POST', '/counts/{countId}/undo', true], ['GET', '/me/days', true], ['GET', '/groups/{groupId}/days', true],
]

test('openapi.json has every route and no other', async () => {
  const { status, body } = await open('GET', '/openapi.json')
  assert.equal(status, 200)
  assert.match(body.openapi, /^3\./)
  const named = (path) => path.replace(/\{[^}]*\}/g, '{}')
  const want = routes.map(([method, path]) => `${method} /api/v1${named(path)}`)
  const got = Object.entries(body.paths).flatMap(([path, item]) => Object.keys(item)
    .filter((key) => ['get', 'post', 'put', 'patch', 'delete'].includes(key)).map((method) => `${method.toUpperCase()} ${named(path)}`))
  assert.deepEqual(got.filter((route) => route.includes('/api/')).sort(), want.sort())
})

test('asyncapi.json has every event and no other', async () => {
  const { status, body } = await open('GET', '/asyncapi.json')
  assert.equal(status, 200)
  assert.match(body.asyncapi, /^3\./)
  const names = new Set(Object.values(body.components.messages).map((message) => message.name))
  for (const name of [...Object.keys(clientEvents), ...Object.keys(serverEvents)]) assert.ok(names.delete(name), name)
  assert.deepEqual([...names], [])
})

test('every route that asks for a token refuses without one', async () => {
  for (const [method, path, asks] of routes) {
    if (!asks) continue
    const { status, body } = await open(method, `/api/v1${path.replace(/\{[^}]*\}/g, 'x')}`, { body: method === 'GET' || method === 'DELETE' ? undefined : {} })
    assert.deepEqual([status, body?.code], [401, 'unauthenticated'], `${method} ${path}`)
  }
})

test('texts come back as they were written', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const name = 'Жума "хатми" <b>\\ \u{1F54B} سُبْحَانَ\u200f & co'
  const group = await ali.post('/groups', { name, type: 'quran', isPublic: true, dedication: 'а\nб\tв' }, 201)
  assert.equal(group.dedication, 'а\nб в', 'a tab is a space')
  const v = await connect(t, vali)
  await ali.post(`/groups/${group.id}/invitations`, { receiverId: vali.id })
  assert.equal((await v.next('new_invitation')).groupName, name)
  assert.equal((await vali.get(`/groups/public?q=${encodeURIComponent('ЖУМА "')}`)).items.find((g) => g.id === group.id).name, name)
})

test('a quran group from its making to its end', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.post('/groups', { name: 'Ramazon', type: 'quran', isPublic: false, dedication: 'Otam uchun', hatmGoal: 3 }, 201)
  fits('snapshot', group)
  assert.deepEqual([group.name, group.type, group.isPublic, group.dedication, group.hatmGoal, group.hatmCount, group.adminId],
    ['Ramazon', 'quran', false, 'Otam uchun', 3, 0, ali.id])
  assert.deepEqual(group.members.map((m) => [m.userId, m.userName, m.role, m.online]), [[ali.id, ali.fullName, 'admin', false]])
  assert.deepEqual(group.poras.map((p) => p.poraId), Array.from({ length: 30 }, (_, i) => String(i + 1)))
  const a = await connect(t, ali)
  await a.join(group)

  const changed = await ali.patch(`/groups/${group.id}`, { name: 'Ramazon 2', isPublic: true, dedication: 'Barcha uchun', hatmGoal: 5 })
  fits('snapshot', changed)
  assert.deepEqual([changed.name, changed.isPublic, changed.dedication, changed.hatmGoal], ['Ramazon 2', true, 'Barcha uchun', 5])
  assert.equal((await a.next('group_updated')).seq, changed.seq)
  assert.deepEqual(await ali.snapshot(group), changed)

  const seen = await vali.snapshot(group)
  fits('snapshot', seen)
  assert.deepEqual([seen.members, seen.memberCount, seen.adminId], [[], 1, ''], 'anyone sees a public group, and nobody in it')
  const joined = await vali.post(`/groups/${group.id}/join`, undefined, 200)
  fits('snapshot', joined)
  assert.equal((await a.next('member_joined')).userId, vali.id)
  await vali.post(`/groups/${group.id}/join`, undefined, 200)
  await settled(ali, group, a)
  assert.equal(a.all('member_joined').length, 1, 'joined once')

  const handed = await ali.patch(`/groups/${group.id}`, { adminId: vali.id })
  assert.equal(handed.adminId, vali.id)
  assert.deepEqual(handed.members.map((m) => [m.userId, m.role]), [[ali.id, 'member'], [vali.id, 'admin']])
  await ali.refused('not_admin', 'PATCH', `/groups/${group.id}`, { name: 'x' })
  const nobody = await vali.request('PATCH', `/groups/${group.id}`, { adminId: 'nobody' })
  assert.ok([404, 422].includes(nobody.status), nobody.text)

  await vali.delete(`/groups/${group.id}`)
  await a.next('group_deleted')
  await vali.refused('not_member', 'GET', `/groups/${group.id}`)
  await vali.refused('not_member', 'POST', `/groups/${group.id}/join`)
  assert.deepEqual((await vali.get('/groups')).items, [])
})

test('lists of groups come page by page', async () => {
  const tag = randomUUID()
  const [ali, vali] = await server.people('Ali', 'Vali')
  const ids = []
  for (let i = 0; i < 7; i++) ids.push((await ali.post('/groups', { name: `${tag} ${i}`, type: i % 2 ? 'zikr' : 'quran', isPublic: i !== 3 }, 201)).id)
  const read = async (person, path) => {
    const got = []
    for (let cursor = ''; cursor !== null;) {
      const page = await person.get(`${path}limit=3${cursor && `&cursor=${encodeURIComponent(cursor)}`}`)
      assert.ok(page.items.length <= 3)
      for (const item of page.items) fits('groupItem', item)
      got.push(...page.items.map((item) => item.id))
      cursor = page.cursor
    }
    return got
  }
  assert.deepEqual((await read(ali, '/groups?')).sort(), [...ids].sort())
  assert.deepEqual((await read(vali, `/groups/public?q=${tag.toUpperCase()}&`)).sort(), ids.filter((_, i) => i !== 3).sort())
  assert.deepEqual(await read(vali, '/groups?'), [])
  await ali.refused('invalid_payload', 'GET', '/groups?limit=0')
  await ali.refused('invalid_payload', 'GET', '/groups?limit=x')
})

test('a group of zikrs, its zikrs and their counts', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const made = { name: 'Subhanalloh', body: 'سُبْحَانَ اللَّهِ', description: 'Tasbih', hint: 'Har namozdan keyin', goal: 33 }
  const group = await ali.post('/groups', { name: 'Tong', type: 'zikr', isPublic: true, zikr: made }, 201)
  fits('snapshot', group)
  const [zikr] = group.zikrs
  assert.deepEqual({ ...zikr, zikrId: '' }, { zikrId: '', ...made, totalCount: 0, cycleCount: 0, progress: '0.00', myCount: 0, members: [] })
  await vali.post(`/groups/${group.id}/join`)
  const a = await connect(t, ali)
  await a.join(group)

  const path = `/groups/${group.id}/zikrs`
  const second = await ali.post(path, { name: 'Alhamdulillah' }, 201)
  fits('zikr', second)
  assert.deepEqual([second.body, second.description, second.hint, second.goal], [null, null, null, null])
  await a.next('group_updated')
  const changed = await ali.patch(`${path}/${second.zikrId}`, { name: 'Alloh', goal: 10, hint: 'sekin' })
  assert.deepEqual([changed.name, changed.goal, changed.hint], ['Alloh', 10, 'sekin'])
  await a.next('group_updated')

  const counted = await vali.post(`${path}/${second.zikrId}/counts`, { count: 10, opId: 'rest-1' }, 200)
  assert.equal(problem(serverEvents.zikr_update_confirmed, counted), undefined)
  const told = await a.next('zikr_count_updated')
  assert.deepEqual([told.userId, told.count, told.goalReached], [vali.id, 10, true])
  await ali.delete(`${path}/${second.zikrId}`)
  await a.next('group_updated')
  assert.deepEqual((await ali.snapshot(group)).zikrs.map((z) => z.zikrId), [zikr.zikrId])
  for (const bad of [{ name: '' }, { name: 'x'.repeat(101) }, { name: 'x', body: 'x'.repeat(2001) }, { name: 'x', goal: -1 }, { name: 'x', goal: 1.5 }, {}]) {
    await ali.refused('invalid_payload', 'POST', path, bad)
  }
})

test('bookings over REST are seen live', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const a = await connect(t, ali)
  await a.join(group)
  const v = await connect(t, vali)
  const booked = await vali.post(`/groups/${group.id}/bookings`, { poraId: '12' }, 201)
  assert.deepEqual([booked.poraId, booked.poraName], ['12', '12-Juz'])
  assert.equal((await a.next('pora_booked')).bookingId, booked.bookingId)
  const done = await vali.post(`/bookings/${booked.bookingId}/complete`, undefined, 200)
  assert.equal(problem(serverEvents.completion_confirmed, done), undefined)
  assert.equal((await a.next('pora_completed')).totalFinished, 1)
  const second = await vali.post(`/groups/${group.id}/bookings`, { poraId: '13' }, 201)
  const freed = await vali.delete(`/bookings/${second.bookingId}`, 200)
  assert.equal(problem(serverEvents.release_confirmed, freed), undefined)
  assert.equal((await a.next('pora_released')).bookingId, second.bookingId)
  await v.ask('get_notifications')
  for (const event of ['booking_confirmed', 'completion_confirmed', 'release_confirmed']) assert.deepEqual(v.all(event), [], 'no confirmation event over REST')
})

test('an admin who leaves hands over to the longest standing; the last one out deletes the group', async (t) => {
  const [ali, vali, guli] = await server.people('Ali', 'Vali', 'Guli')
  const group = await ali.quranGroup(vali, guli)
  const g = await connect(t, guli)
  await g.join(group)
  await ali.post(`/groups/${group.id}/leave`, undefined, 204)
  assert.equal((await g.next('member_left')).userId, ali.id)
  await g.next('group_updated')
  const snapshot = await vali.snapshot(group)
  assert.equal(snapshot.adminId, vali.id)
  await vali.delete(`/groups/${group.id}/members/${vali.id}`)
  assert.equal((await guli.snapshot(group)).adminId, guli.id)
  await guli.post(`/groups/${group.id}/leave`, undefined, 204)
  for (const person of [ali, vali, guli]) {
    await person.refused('not_member', 'GET', `/groups/${group.id}`)
    assert.deepEqual((await person.get('/groups')).items, [])
  }
})

test('a member who is removed sees it and is out; who is no member cannot be removed', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const group = await ali.quranGroup(vali)
  const v = await connect(t, vali)
  await v.join(group)
  await ali.delete(`/groups/${group.id}/members/${vali.id}`)
  assert.equal((await v.next('member_left')).userId, vali.id)
  await v.next('left_group')
  await v.refused('not_member', 'join_group', { groupId: group.id })
  const again = await ali.request('DELETE', `/groups/${group.id}/members/${vali.id}`)
  assert.ok([204, 404].includes(again.status), again.text)
  await vali.post(`/groups/${group.id}/join`, undefined, 200)
  await v.join(group)
})

test('a private group does not exist for others', async () => {
  const [ali, begona] = await server.people('Ali', 'Begona')
  const group = await ali.post('/groups', { name: 'Yopiq', type: 'quran', isPublic: false }, 201)
  const existing = await begona.refused('not_member', 'GET', `/groups/${group.id}`)
  const missing = await begona.refused('not_member', 'GET', `/groups/${randomUUID()}`)
  const without = ({ detail, instance, ...rest }) => rest
  assert.deepEqual(without(existing), without(missing), 'the two are not told apart')
  assert.equal(existing.detail.replace(group.id, ''), missing.detail.replace(/[0-9a-f-]{36}/, ''))
})

test('groups are checked as they are made', async () => {
  const ali = await server.person()
  const good = { name: 'x', type: 'quran', isPublic: true }
  const bad = [
    { name: 'x'.repeat(101) }, { name: ' ' }, { name: null }, { type: undefined }, { type: 'QURAN' }, { isPublic: 'yes' }, { dedication: 'x'.repeat(2001) }, { hatmGoal: 'many' },
    { hatmGoal: -1 }, { hatmGoal: 1.5 }, { type: 'zikr', zikr: {} }, { type: 'zikr', zikr: { name: 5 } }, { type: 'zikr', zikr: { name: 'x', goal: -5 } },
  ]
  for (const change of bad) await ali.refused('invalid_payload', 'POST', '/groups', { ...good, ...change })
  const made = await ali.post('/groups', { ...good, name: 'x'.repeat(100), dedication: 'д'.repeat(2000), hatmGoal: null, colour: 'unknown fields are ignored' }, 201)
  assert.equal(made.hatmGoal, null)
  await ali.refused('invalid_payload', 'PATCH', `/groups/${made.id}`, { name: '' })
})

test('the thirty poras, open to all', async () => {
  const { status, body, headers } = await open('GET', '/api/v1/poras')
  assert.equal(status, 200)
  assert.ok(headers.get('content-type').startsWith('application/json'))
  const poras = body.items ?? body
  assert.equal(poras.length, 30)
  poras.forEach((pora, i) => {
    assert.equal(pora.id, String(i + 1))
    assert.equal(pora.number, i + 1)
    assert.equal(pora.name, `${i + 1}-Juz`)
  })
  const text = JSON.stringify(poras[2])
  for (const fact of ['Tilkar-rusul', 'تلك الرسل', '2:253', '3:92', '3:91', '42']) assert.ok(text.includes(fact), `pora 3 has ${fact}: ${text}`)
})

test('the common zikrs, open to all', async () => {
  const { status, body } = await open('GET', '/api/v1/zikrs')
  assert.equal(status, 200)
  const zikrs = body.items ?? body
  assert.ok(zikrs.length >= 10)
  const text = JSON.stringify(zikrs.find((z) => JSON.stringify(z).includes('Subhanalloh')))
  for (const fact of ['سُبْحَانَ اللَّهِ', 'Glory be to Allah', '33']) assert.ok(text.includes(fact), fact)
})

test('health, readiness and metrics', async (t) => {
  await connect(t, await server.person())
  for (const path of ['/healthz', '/readyz']) assert.equal((await open('GET', path)).status, 200, path)
  assert.equal((await open('GET', '/metrics')).status, 404, 'not for the world')
  const { status, text } = await call({ url: server.observed }, 'GET', '/metrics')
  assert.equal(status, 200)
  assert.match(text, /^go_goroutines \d+$/m)
  assert.match(text, /^zikr_\w+(\{[^}]*\})? [\d.e+]+$/m, 'some of our own')
})

test('the documents are readable in a browser without any other host', async () => {
  const { status, text, headers } = await open('GET', '/docs')
  assert.equal(status, 200)
  assert.match(headers.get('content-type'), /^text\/html/)
  const loads = [...text.matchAll(/(?:src|href)\s*=\s*["']?([^"'\s>]+)/g)].map((m) => m[1])
  const outside = loads.filter((url) => /^(https?:)?\/\//.test(url) && !text.includes(`<a href="${url}"`))
  assert.deepEqual(outside, [], 'nothing is loaded from outside')
  assert.match(headers.get('content-security-policy') ?? '', /default-src/)
  for (const url of loads.filter((u) => u.startsWith('/') || (!u.includes(':') && !u.startsWith('#')))) {
    const response = await fetch(new URL(url, `${server.url}/docs`))
    assert.equal(response.status, 200, url)
    await response.arrayBuffer()
  }
})
