// Every error code of the contract: on the socket as an event and in the ack, and over REST.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Person, RawSocket, call, codes, connect, connectError, useServer } from './harness/index.js'

const server = useServer({ env: { ZIKR_MAX_LOGINLESS_MEMBERS: '1' } })
const met = { socket: new Set(), rest: new Set() }

// scene is one world in which everything that can be refused is refused.
async function scene(t) {
  const [ali, vali, guli, begona, out] = await server.people('Ali', 'Vali', 'Guli', 'Begona', 'Out')
  const quran = await ali.quranGroup(vali, guli)
  const zikr = await ali.zikrGroup({ goal: 10 }, vali, guli)
  const hidden = await ali.post('/groups', { name: 'Yopiq', type: 'quran', isPublic: false })
  const [a, v, g, b] = await Promise.all([ali, vali, guli, begona].map((person) => connect(t, person)))
  const book = async (client, poraId) => (await client.ask('book_pora', { poraId, groupId: quran.id })).bookingId
  const taken = await book(v, '1')
  const done = await book(v, '2')
  await v.ask('complete_pora', { bookingId: done })
  const freed = await book(v, '3')
  await v.ask('release_pora', { bookingId: freed })
  const pending = (await a.ask('send_invitation', { receiverId: begona.id, groupId: quran.id })).id
  const answered = (await a.ask('send_invitation', { receiverId: begona.id, groupId: zikr.id })).id
  await b.ask('respond_to_invitation', { notificationId: answered, accept: false })
  await ali.request('PUT', `/groups/${quran.id}/bans/${out.id}`)
  await ali.post(`/groups/${quran.id}/members`, { name: 'Oyi' }, 201)
  const narrow = await ali.post('/groups', { name: 'Tor', type: 'quran', isPublic: false, poraLimit: 1 }, 201)
  let read // the last pora of a completed hatm
  for (let n = 1; n <= 31; n++) {
    const { bookingId } = await a.ask('book_pora', { poraId: String(n % 30 || 30), groupId: narrow.id })
    if (n === 31) break
    read = bookingId
    await a.ask('complete_pora', { bookingId })
  }
  return { out, narrow, read, ali, vali, guli, begona, quran, zikr, hidden, a, v, g, b, taken, done, freed, pending, answered }
}

test('each code that an event can be answered with', async (t) => {
  const s = await scene(t)
  const { quran, zikr, hidden, a, v, g, b, taken, done, freed, pending, answered } = s
  const many = 'x'.repeat(129)
  const table = [
    [a, 'invalid_payload', 'join_group', undefined],
    [a, 'invalid_payload', 'join_group', 'text'],
    [a, 'invalid_payload', 'join_group', [quran.id]],
    [a, 'invalid_payload', 'book_pora', { poraId: 1, groupId: quran.id }],
    [a, 'invalid_payload', 'leave_group', { groupId: many }],
    [a, 'count_out_of_range', 'update_zikr_count', { groupId: zikr.id, zikrId: zikr.zikrId, count: 0 }],
    [a, 'unknown_event', 'dance', {}],
    [a, 'unknown_event', 'joined_group', { groupId: quran.id }],
    [a, 'unknown_event', 'x'.repeat(300), {}],
    [b, 'not_member', 'join_group', { groupId: quran.id }],
    [b, 'not_member', 'join_group', { groupId: hidden.id }],
    [b, 'not_member', 'join_group', { groupId: 'none' }],
    [b, 'not_member', 'book_pora', { poraId: '1', groupId: quran.id }],
    [b, 'not_member', 'update_zikr_count', { groupId: zikr.id, zikrId: zikr.zikrId, count: 1 }],
    [b, 'not_member', 'send_invitation', { receiverId: s.guli.id, groupId: quran.id }],
    [v, 'not_admin', 'send_invitation', { receiverId: s.begona.id, groupId: quran.id }],
    [g, 'not_your_booking', 'complete_pora', { bookingId: taken }],
    [g, 'not_your_booking', 'release_pora', { bookingId: taken }],
    [a, 'pora_not_found', 'book_pora', { poraId: '31', groupId: quran.id }],
    [a, 'booking_not_found', 'complete_pora', { bookingId: 'none' }],
    [v, 'booking_not_found', 'complete_pora', { bookingId: freed }],
    [b, 'booking_not_found', 'release_pora', { bookingId: taken }],
    [a, 'zikr_not_found', 'update_zikr_count', { groupId: zikr.id, zikrId: 'none', count: 1 }],
    [a, 'user_not_found', 'send_invitation', { receiverId: 'none', groupId: quran.id }],
    [b, 'invitation_not_found', 'respond_to_invitation', { notificationId: 'none', accept: true }],
    [a, 'invitation_not_found', 'respond_to_invitation', { notificationId: pending, accept: true }],
    [a, 'notification_not_found', 'mark_notification_read', { notificationId: pending }],
    [a, 'wrong_group_type', 'book_pora', { poraId: '1', groupId: zikr.id }],
    [g, 'pora_already_booked', 'book_pora', { poraId: '1', groupId: quran.id }],
    [v, 'pora_already_completed', 'book_pora', { poraId: '2', groupId: quran.id }],
    [v, 'booking_already_completed', 'release_pora', { bookingId: done }],
    [a, 'already_member', 'send_invitation', { receiverId: s.vali.id, groupId: quran.id }],
    [a, 'invitation_pending', 'send_invitation', { receiverId: s.begona.id, groupId: quran.id }],
    [b, 'invitation_already_answered', 'respond_to_invitation', { notificationId: answered, accept: true }],
    [a, 'banned', 'send_invitation', { receiverId: s.out.id, groupId: quran.id }],
    [v, 'hatm_not_found', 'book_pora', { poraId: '9', groupId: quran.id, hatmNumber: 7 }],
    [a, 'too_many_poras', 'book_pora', { poraId: '9', groupId: s.narrow.id }],
    [a, 'hatm_already_completed', 'reopen_pora', { bookingId: s.read }],
    [a, 'count_not_found', 'undo_zikr_count', { id: 'none' }],
    [a, 'count_too_old', 'undo_zikr_count', { id: '0' }],
  ]
  for (const [client, code, event, payload] of table) {
    const error = await client.refused(code, event, payload)
    assert.equal('errorId' in error, false, 'errorId belongs to internal')
    met.socket.add(code)
  }
})

test('each code that a request can be answered with', async (t) => {
  const s = await scene(t)
  const { ali, vali, guli, begona, quran, zikr, hidden, taken, done, freed, pending, answered } = s
  const zaynab = await Person.registered(server, { phone: `+9989${String(Date.now()).slice(-8)}` })
  const other = await Person.registered(server)
  const signUp = (fields) => ({ name: 'N', surname: 'S', email: 'n@example.org', password: 'long enough', ...fields })
  const q = `/groups/${quran.id}`
  const z = `/groups/${zikr.id}`
  const expired = ali.with(server.token({ sub: ali.id, exp: 1 }))
  const nobody = ali.with(undefined)
  const table = [
    [ali, 'invalid_payload', 'POST', '/groups', { name: '', type: 'quran', isPublic: true }],
    [ali, 'invalid_payload', 'POST', '/groups', { name: 'x', type: 'chess', isPublic: true }],
    [ali, 'invalid_payload', 'POST', `${q}/bookings`, { poraId: 5 }],
    [ali, 'count_out_of_range', 'POST', `${z}/zikrs/${zikr.zikrId}/counts`, { count: 100001 }],
    [ali, 'count_out_of_range', 'POST', `${z}/zikrs/${zikr.zikrId}/counts`, { count: 0 }],
    [nobody, 'unauthenticated', 'GET', '/me'],
    [expired, 'token_expired', 'GET', '/me'],
    [nobody, 'bad_credentials', 'POST', '/auth/login', { login: zaynab.email, password: 'not the password' }],
    [nobody, 'bad_credentials', 'POST', '/auth/login', { login: 'nobody@example.org', password: 'not the password' }],
    [begona, 'not_member', 'GET', `/groups/${hidden.id}`],
    [begona, 'not_member', 'GET', '/groups/none'],
    [begona, 'not_member', 'POST', `/groups/${hidden.id}/join`],
    [begona, 'not_member', 'POST', `${q}/bookings`, { poraId: '9' }],
    [begona, 'not_member', 'POST', `${z}/zikrs/${zikr.zikrId}/counts`, { count: 1 }],
    [begona, 'not_member', 'PATCH', q, { name: 'mine' }],
    [begona, 'not_member', 'GET', `${q}/events`],
    [vali, 'not_admin', 'PATCH', q, { name: 'mine' }],
    [vali, 'not_admin', 'DELETE', q],
    [vali, 'not_admin', 'DELETE', `${q}/members/${guli.id}`],
    [vali, 'not_admin', 'POST', `${q}/invitations`, { receiverId: begona.id }],
    [vali, 'not_admin', 'POST', `${z}/zikrs`, { name: 'Yangi' }],
    [guli, 'not_your_booking', 'POST', `/bookings/${taken}/complete`],
    [guli, 'not_your_booking', 'DELETE', `/bookings/${taken}`],
    [ali, 'pora_not_found', 'POST', `${q}/bookings`, { poraId: '31' }],
    [ali, 'booking_not_found', 'POST', '/bookings/none/complete'],
    [vali, 'booking_not_found', 'POST', `/bookings/${freed}/complete`],
    [begona, 'booking_not_found', 'DELETE', `/bookings/${taken}`],
    [ali, 'zikr_not_found', 'POST', `${z}/zikrs/none/counts`, { count: 1 }],
    [ali, 'zikr_not_found', 'PATCH', `${z}/zikrs/none`, { name: 'x' }],
    [ali, 'zikr_not_found', 'DELETE', `${z}/zikrs/none`],
    [ali, 'user_not_found', 'POST', `${q}/invitations`, { receiverId: 'none' }],
    [begona, 'invitation_not_found', 'POST', '/notifications/none/respond', { accept: true }],
    [ali, 'invitation_not_found', 'POST', `/notifications/${pending}/respond`, { accept: true }],
    [ali, 'notification_not_found', 'POST', `/notifications/${pending}/read`],
    [ali, 'not_found', 'GET', '/nowhere'],
    [ali, 'not_found', 'GET', '/'],
    [ali, 'wrong_group_type', 'POST', `${z}/bookings`, { poraId: '1' }],
    [guli, 'pora_already_booked', 'POST', `${q}/bookings`, { poraId: '1' }],
    [vali, 'pora_already_completed', 'POST', `${q}/bookings`, { poraId: '2' }],
    [vali, 'booking_already_completed', 'DELETE', `/bookings/${done}`],
    [ali, 'already_member', 'POST', `${q}/invitations`, { receiverId: vali.id }],
    [ali, 'invitation_pending', 'POST', `${q}/invitations`, { receiverId: begona.id }],
    [begona, 'invitation_already_answered', 'POST', `/notifications/${answered}/respond`, { accept: true }],
    [s.out, 'banned', 'POST', `${q}/join`],
    [vali, 'hatm_not_found', 'POST', `${q}/bookings`, { poraId: '9', hatmNumber: 7 }],
    [ali, 'too_many_poras', 'POST', `/groups/${s.narrow.id}/bookings`, { poraId: '9' }],
    [ali, 'hatm_already_completed', 'POST', `/bookings/${s.read}/reopen`],
    [ali, 'count_not_found', 'POST', '/counts/none/undo'],
    [ali, 'count_too_old', 'POST', '/counts/0/undo'],
    [nobody, 'link_not_found', 'GET', '/links/0000000000000000'],
    [ali, 'limit_reached', 'POST', `${q}/members`, { name: 'Buvi' }],
    [nobody, 'email_taken', 'POST', '/auth/register', signUp({ email: zaynab.email })],
    [nobody, 'email_taken', 'POST', '/auth/register', signUp({ email: zaynab.email.toUpperCase() })],
    [nobody, 'phone_taken', 'POST', '/auth/register', signUp({ email: `${Date.now()}@example.org`, phone: zaynab.phone })],
    [other, 'email_taken', 'PATCH', '/me', { email: zaynab.email, currentPassword: other.password }],
    [ali, 'method_not_allowed', 'PUT', '/me', {}],
    [ali, 'method_not_allowed', 'DELETE', '/groups'],
    [ali, 'payload_too_large', 'POST', '/groups', { name: 'x', type: 'quran', isPublic: true, dedication: 'x'.repeat(2_000_000) }],
  ]
  for (const [person, code, method, path, body] of table) {
    await person.refused(code, method, path, body) // its status is checked against the table of codes
    met.rest.add(code)
  }
})

test('the first check that fails answers', async (t) => {
  const { quran, zikr, b, v, taken } = await scene(t)
  const count = { groupId: 'none', zikrId: 'none', count: 1 }
  await b.refused('invalid_payload', 'update_zikr_count', { ...count, count: 100001, opId: '' })
  await b.refused('invalid_payload', 'update_zikr_count', { count: 0 })
  await b.refused('count_out_of_range', 'update_zikr_count', { ...count, count: 0 })
  await b.refused('not_member', 'update_zikr_count', count)
  await b.refused('not_member', 'book_pora', { poraId: '77', groupId: zikr.id })
  await v.refused('wrong_group_type', 'book_pora', { poraId: '77', groupId: zikr.id })
  await b.refused('not_member', 'send_invitation', { receiverId: 'none', groupId: quran.id })
  await v.refused('not_admin', 'send_invitation', { receiverId: 'none', groupId: quran.id })
  await b.refused('booking_not_found', 'release_pora', { bookingId: taken })
})

test('an error without an ack comes as an event, and the connection stays', async (t) => {
  const client = await connect(t, await server.person())
  client.socket.emit('dance', {})
  const error = await client.next('error')
  assert.deepEqual([error.error, error.event], ['unknown_event', 'dance'])
  client.socket.emit('join_group', { groupId: 'none' })
  assert.equal((await client.next('error')).error, 'not_member')
  await client.ask('get_notifications')
})

test('an unknown event is named in its first 64 characters', async (t) => {
  const client = await connect(t, await server.person())
  for (const name of ['x'.repeat(64), 'x'.repeat(65), 'ÿ'.repeat(100), '\u{1F54B}'.repeat(70), '', ' ', 'toString', '__proto__', 'constructor', 'Join_Group']) {
    const error = await client.refused('unknown_event', name, {})
    assert.equal(error.event, [...name].slice(0, 64).join(''))
  }
})

test('an event whose name is not a string is unknown', async (t) => {
  const raw = await (await RawSocket.open(t, server)).enter(await server.person())
  let id = 1
  for (const name of ['5', 'null', 'true', '{"a":1}', '["join_group"]']) {
    raw.send(`42/zikr-app,${id}[${name},{"groupId":"x"}]`)
    assert.match(await raw.next(/^42\/zikr-app,\["error"/), /"error":"unknown_event"/, name)
    const ack = JSON.parse((await raw.next(new RegExp(`^43/zikr-app,${id}\\[`))).replace(/^43\/zikr-app,\d+/, ''))
    assert.equal(ack[0].error.code, 'unknown_event')
    id++
  }
  assert.ok(raw.open)
})

test('unauthenticated and token_expired on the socket are CONNECT_ERRORs', async () => {
  assert.equal((await connectError(server, {})).data.code, 'unauthenticated')
  assert.equal((await connectError(server, { auth: { token: server.token({ sub: 'x', exp: 1 }) } })).data.code, 'token_expired')
})

describe('with limits', () => {
  const limited = useServer({ env: { ZIKR_RATE_LIMIT: 'on', ZIKR_SIGN_UPS: '5' } })

  test('too many events of one user: rate_limited, with the time to wait, and nobody else', async (t) => {
    const [ali, vali] = await limited.people('Ali', 'Vali')
    const [one, two, other] = [await connect(t, ali), await connect(t, ali), await connect(t, vali)]
    // Far more than the burst of 200 and what a second brings, on two connections that share it.
    const acks = await Promise.all(Array.from({ length: 600 }, (_, i) => (i % 2 ? one : two).send('leave_group', { groupId: 'x' })))
    const held = acks.filter((ack) => !ack.ok)
    assert.ok(acks.length - held.length >= 200, `the burst of 200 passes: ${acks.length - held.length} did`)
    assert.ok(held.length > 0, 'and no more than it and the rate')
    for (const ack of held) {
      assert.equal(ack.error.code, 'rate_limited')
      assert.ok(ack.error.retryAfterMs >= 1 && ack.error.retryAfterMs <= 60_000, `retryAfterMs ${ack.error.retryAfterMs}`)
    }
    const told = one.all('error').concat(two.all('error'))
    assert.equal(told.length, held.length)
    assert.ok(told.every((e) => e.error === 'rate_limited' && e.event === 'leave_group' && e.retryAfterMs >= 1))
    met.socket.add('rate_limited')
    await other.ask('get_notifications')
    const end = performance.now() + 10_000
    while (!(await one.send('get_notifications')).ok) assert.ok(performance.now() < end, 'the limit must pass')
  })

  test('rate_limited comes before every other check', async (t) => {
    const client = await connect(t, await limited.person())
    const acks = await Promise.all(Array.from({ length: 500 }, () => client.send('dance', 'x')))
    assert.deepEqual([...new Set(acks.map((ack) => ack.error.code))].sort(), ['rate_limited', 'unknown_event'])
  })

  test('failed logins are limited by address and login, with Retry-After', async () => {
    const [zaynab, other] = [await Person.registered(limited), await Person.registered(limited)]
    const login = (email, password) => call(limited, 'POST', '/api/v1/auth/login', { body: { login: email, password } })
    for (let n = 0; n < 10; n++) assert.equal((await login(zaynab.email, 'a wrong one')).body.code, 'bad_credentials')
    for (const password of ['a wrong one', zaynab.password]) {
      const answer = await login(zaynab.email, password)
      assert.equal(answer.body.code, 'rate_limited', 'a right password too')
      assert.ok(answer.body.retryAfterMs > 0)
      const wait = Number(answer.headers.get('retry-after'))
      assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 15 * 60, `Retry-After ${wait}`)
    }
    met.rest.add('rate_limited')
    assert.equal((await login(other.email, other.password)).status, 200)
  })

  test('sign-ups of one address are limited', async () => {
    const signUp = () => call(limited, 'POST', '/api/v1/auth/register', { body: { name: 'A', surname: 'B', email: `${Math.random()}@example.org`, password: 'a password' } })
    let answer
    for (let n = 0; n < 6 && answer?.status !== 429; n++) answer = await signUp()
    assert.equal(answer.body.code, 'rate_limited')
    const wait = Number(answer.headers.get('retry-after'))
    assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 3600, `Retry-After ${wait}`)
  })
})

test('every code was met', () => {
  // bad_credentials and its kind belong to REST, unknown_event to the socket; unauthenticated
  // and token_expired come as CONNECT_ERROR. internal is met in broken.test.js, the others in admin.test.js, sessions.test.js and links.test.js.
  const elsewhere = new Set(['internal', 'account_suspended', 'registration_closed', 'session_not_found', 'link_expired', 'guests_not_allowed'])
  const rest = Object.keys(codes).filter((code) => codes[code].length > 0 && !elsewhere.has(code))
  assert.deepEqual(rest.filter((code) => !met.rest.has(code)), [])
  const restOnly = new Set(['unauthenticated', 'token_expired', 'bad_credentials', 'not_found', 'email_taken', 'phone_taken', 'method_not_allowed', 'payload_too_large', 'link_not_found', 'limit_reached', ...elsewhere])
  assert.deepEqual(Object.keys(codes).filter((code) => !restOnly.has(code) && !met.socket.has(code)), [])
})
