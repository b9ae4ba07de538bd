// Every bound of the budget (the table in docs/security.md), met at the built binary in 512 MB: for each there is a way to
// meet it here, and the server must have counted that. A bound without one fails the first test. What those are told who
// meet them is bounds.test.js, what attackers make of them attack.test.js.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { connect as tcp } from 'node:net'
import { describe, test } from 'node:test'
import { RawPolling, RawSocket, call, connect, connectError, exchange, until, useSmallServer, within } from './harness/index.js'

// counted is by which bound one is counted that is not by its own name: a burst belongs to its rate.
const counted = {
  address_connect_burst: 'address_connects', request_burst: 'request_rate', address_request_burst: 'address_request_rate', event_burst: 'event_rate',
}
const uncounted = ['head_bytes'] // net/http refuses by itself

const times = (n, each) => Promise.all(Array.from({ length: n }, (_, i) => each(i)))

// from is the header of a request that comes from an address, one of its own unless it is named.
let places = 0
const from = (address = `198.18.${++places >> 8}.${places & 255}`) => ({ 'x-forwarded-for': address })

// often does something until it is refused with a code, and no more than so many times. What is counted by the minute or the
// day is done twice as often as it may be, and once more: a period may end meanwhile.
async function often(code, most, each) {
  for (let i = 0; i < most; i++) {
    const answer = await each(i)
    if (answer.body?.code === code) return
    assert.ok(answer.status < 300, `${answer.status} ${answer.text}`)
  }
  assert.fail(`done ${most} times, and never ${code}`)
}

// some of the answers must be of a status, and are asked for at once.
async function some(status, n, each) {
  const answers = await times(n, each)
  assert.ok(answers.includes(status), `none of ${answers.join(', ')} is ${status}`)
  return answers
}

async function handshake(server, headers = from(), query = '') {
  const answer = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling${query}`, { headers })
  await answer.arrayBuffer()
  return answer.status
}

const get = (server, path, person, headers = from()) => call(server, 'GET', `/api/v1${path}`, { token: person?.token, headers }).then((a) => a.status)
const login = (server, headers = from(), name = `${randomUUID()}@example.org`) =>
  call(server, 'POST', '/api/v1/auth/login', { body: { login: name, password: 'wrong password' }, headers })
const large = (server, headers = from()) => call(server, 'POST', '/api/v1/auth/login', { raw: ' '.repeat(60_000), headers })
const register = (server, headers, email = `${randomUUID()}@example.org`) =>
  call(server, 'POST', '/api/v1/auth/register', { body: { name: 'Ali', surname: 'Valiyev', email, password: 'bir tilak 114' }, headers })

// half sends a request whose body never comes whole. The server keeps it, or refuses it, which is the answer.
function half(t, server, { path = '/api/v1/auth/login', bytes = 10, headers = from(), token }) {
  const socket = tcp(server.port, '127.0.0.1').setEncoding('latin1').on('error', () => {})
  t.after(() => socket.destroy())
  const all = { host: 'x', 'content-type': 'application/json', 'content-length': bytes, ...headers, ...(token && { authorization: `Bearer ${token}` }) }
  socket.write(`POST ${path} HTTP/1.1\r\n${Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${'x'.repeat(bytes - 1)}`)
  return new Promise((resolve) => socket.once('data', resolve))
}

// behind sends so many halves, and then something whole, until that is refused: halves of the test before may be there still,
// and keep some of these out.
async function behind(t, server, n, body, whole) {
  await until(async () => {
    for (let i = 0; i < n; i++) half(t, server, body())
    return (await whole()).status === 429
  }, 'a refusal')
}

const entered = async (t, server, person, headers = {}) => (await RawSocket.open(t, server, { headers })).enter(person)

// fill has a connection be answered very often, and lost then.
async function fill(t, server, person) {
  const raw = await entered(t, server, person)
  for (let k = 0; k < 400; k++) raw.send(`42/zikr-app,${k}["get_notifications"]`)
  await raw.next(/^43\/zikr-app,399\[/)
  raw.ws.terminate()
}

// flood sends a frame so often that a connection that is entered, or is not, meets a bound.
async function flood(t, server, frame, person) {
  const raw = person ? await entered(t, server, person) : await RawSocket.open(t, server)
  for (let k = 0; k < 60; k++) raw.send(frame)
}

const events = async (t, server) => flood(t, server, '42/zikr-app,["get_notifications"]', await server.person())

// wordy makes a group whose snapshot has some KiB more than so many times 6.
async function wordy(person, n) {
  const group = await person.zikrGroup()
  const text = 'x'.repeat(2000)
  for (let i = 0; i < n; i++) await person.post(`/groups/${group.id}/zikrs`, { name: 'Zikr', body: text, description: text, hint: text }, 201)
  return group
}

// inviting is somebody with a group who invites.
async function inviting(server) {
  const admin = await server.person()
  const group = await admin.zikrGroup()
  return { admin, group, invite: (to) => admin.request('POST', `/groups/${group.id}/invitations`, { receiverId: to.id }) }
}

const refuseInvitation = (person, { body }) => person.post(`/notifications/${body.id}/respond`, { accept: false })

// servers are one after another, each with settings and with what meets its bounds.
const servers = {
  'connections of an address': [{ ZIKR_MAX_ADDRESS_CONNECTIONS: 3, ZIKR_MAX_ADDRESS_PENDING_CONNECTIONS: 2, ZIKR_MAX_PENDING_CONNECTIONS: 20 }, {
    address_connections: async (t, s) => {
      const [ali, headers] = [await s.person(), from()]
      for (let i = 0; i < 3; i++) await entered(t, s, ali, headers)
      assert.equal(await handshake(s, headers), 503)
    },
    address_pending_connections: async (t, s) => {
      const headers = from()
      for (let i = 0; i < 3; i++) await handshake(s, headers)
    },
    pending_connections: (t, s) => times(21, () => handshake(s)),
  }],
  'bytes of connections without a namespace': [{ ZIKR_MAX_ADDRESS_PENDING_BYTES: '10KB', ZIKR_MAX_PENDING_BYTES: '40KB' }, {
    address_pending_bytes: async (t, s) => {
      const headers = from()
      await times(6, () => handshake(s, headers))
    },
    pending_bytes: (t, s) => times(21, () => handshake(s)),
  }],
  'connections in all': [{ ZIKR_MAX_CONNECTIONS: 3 }, { connections: (t, s) => some(503, 4, () => handshake(s)) }],
  handshakes: [{ ZIKR_MAX_HANDSHAKE: '2KB', ZIKR_ADDRESS_CONNECTS: 1, ZIKR_ADDRESS_CONNECT_BURST: 5, ZIKR_ADDRESS_CONNECT_PACE: 2 }, {
    handshake_bytes: async (t, s) => assert.equal(await handshake(s, from(), `&x=${'x'.repeat(3000)}`), 431),
    address_connect_pace: async (t, s) => {
      const headers = from()
      assert.deepEqual(await times(4, () => handshake(s, headers)), [200, 200, 200, 200])
    },
    address_connects: async (t, s) => {
      const headers = from()
      await some(503, 20, () => handshake(s, headers))
    },
    address_connect_burst: async (t, s) => {
      const headers = from()
      const answers = await some(503, 20, () => handshake(s, headers))
      assert.ok(answers.filter((status) => status === 200).length >= 5, 'a burst comes in')
    },
  }],
  'a connection': [{
    ZIKR_MAX_USER_CONNECTIONS: 2, ZIKR_MAX_REFUSED_CONNECTS: 2, ZIKR_MAX_PACKETS: 20, ZIKR_MAX_PENDING_PACKETS: 5,
  }, {
    user_connections: async (t, s) => {
      const ali = await s.person()
      for (let i = 0; i < 2; i++) await connect(t, ali)
      assert.equal((await connectError(s, { auth: { token: ali.token } })).data.code, 'rate_limited')
    },
    refused_connects: async (t, s) => {
      const raw = await RawSocket.open(t, s)
      for (let i = 0; i < 3; i++) raw.send('40/zikr-app,{"token":"bad"}')
      assert.equal((await raw.ended()).code, 1008)
    },
    packets: async (t, s) => flood(t, s, '3', await s.person()),
    pending_packets: (t, s) => flood(t, s, '3'),
  }],
  'events of a user': [{ ZIKR_EVENT_RATE: 1, ZIKR_EVENT_BURST: 5, ZIKR_MAX_REFUSALS: 1 }, {
    event_rate: events,
    refusals: events,
    event_burst: async (t, s) => {
      const app = await connect(t, await s.person())
      const answers = await times(10, () => app.send('get_notifications'))
      const good = answers.filter(({ ok }) => ok).length
      assert.ok(good >= 5 && good < 10, `${good} of 10 are answered at once`)
    },
  }],
  'bytes that are on their way': [{
    ZIKR_MAX_INCOMING: '300KB', ZIKR_MAX_ADDRESS_INCOMING: '200KB', ZIKR_MAX_QUEUED: '100KB', ZIKR_EVENT_RATE: 'off', ZIKR_MAX_PACKETS: 'off', ZIKR_MAX_REFUSALS: 'off',
  }, {
    ...Object.fromEntries([['address_incoming_bytes', from()], ['incoming_bytes', undefined]].map(([bound, one]) => [bound, async (t, s) => {
      const sessions = await times(5, () => RawPolling.open(s, { headers: one ?? from() }))
      const answers = sessions.map(({ sid }) => half(t, s, { path: `/socket.io/?EIO=4&transport=polling&sid=${sid}`, bytes: 90_000 }))
      assert.match(await within(Promise.any(answers), 'a refusal'), /^HTTP\/1.1 503 /)
    }])),
    queued_bytes: async (t, s) => {
      const raw = await entered(t, s, await s.person())
      raw.ws.pause()
      await until(() => {
        for (let i = 0; i < 500; i++) raw.send('42/zikr-app,["explode"]')
        return s.metric('zikr_bounds_met_total{bound="queued_bytes"}')
      }, 'too much to wait')
    },
  }],
  recovery: [{ ZIKR_MAX_USER_RECOVERY: '40KB', ZIKR_MAX_RECOVERY: '100KB', ZIKR_EVENT_RATE: 'off', ZIKR_MAX_PACKETS: 'off' }, {
    user_recovery_bytes: async (t, s) => {
      const ali = await s.person()
      for (let i = 0; i < 4; i++) await fill(t, s, ali)
    },
    recovery_bytes: async (t, s) => {
      for (let i = 0; i < 12; i++) await fill(t, s, await s.person())
    },
  }],
  'lost connections': [{ ZIKR_MAX_LOST_CONNECTIONS: 1 }, {
    lost_connections: async (t, s) => {
      for (const person of await s.people('Ali', 'Vali')) (await entered(t, s, person)).ws.terminate()
    },
  }],
  'TCP connections': [{ ZIKR_TRUSTED_PROXIES: '', ZIKR_MAX_HTTP_CONNECTIONS: 30, ZIKR_MAX_ADDRESS_HTTP_CONNECTIONS: 5 }, Object.fromEntries([['address_http_connections', 1], ['http_connections', 10]].map(([bound, addresses]) => [bound, async (t, s) => {
    const refusals = Array.from({ length: 6 * addresses }, (_, i) => new Promise((resolve) => {
      const socket = tcp({ port: s.port, host: '127.0.0.1', localAddress: `127.0.0.${2 + Math.floor(i / (addresses === 1 ? 6 : 5))}` })
      t.after(() => socket.destroy())
      socket.on('error', () => {}).once('data', (data) => resolve(String(data)))
    }))
    assert.match(await within(Promise.any(refusals), 'a refusal'), /^HTTP\/1.1 503 /)
  }]))],
  memory: [{ ZIKR_MEMORY_WATERMARK: 1 }, { memory: async (t, s) => assert.equal(await handshake(s), 503) }],
  log: [{ ZIKR_MAX_LOG_WAITING: 0 }, { log_bytes: (t, s) => login(s) }],
  requests: [{
    ZIKR_MAX_USER_REQUESTS: 2, ZIKR_MAX_ADDRESS_REQUESTS: 4, ZIKR_MAX_REQUESTS: 10, ZIKR_MAX_ADDRESS_BODIES: 100_000, ZIKR_MAX_BODIES: 250_000,
    ZIKR_MAX_ANSWERS: '100KB', ZIKR_MAX_USER_ANSWERS: '20KB',
  }, {
    head_bytes: async (t, s) => assert.match(await exchange(s, `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1.1 431 /),
    query_bytes: async (t, s) => assert.equal(await get(s, `/links/x?x=${'x'.repeat(9000)}`), 422),
    body_bytes: async (t, s) => assert.equal((await call(s, 'POST', '/api/v1/auth/login', { raw: 'x'.repeat(100_001) })).status, 413),
    answers_bytes: async (t, s) => {
      const ali = await s.person()
      assert.equal(await get(s, `/groups/${(await wordy(ali, 2)).id}`, ali), 429)
    },
    user_answers_bytes: async (t, s) => {
      const ali = await s.person()
      assert.equal(await get(s, `/groups/${(await wordy(ali, 4)).id}`, ali), 429)
    },
    address_bodies_bytes: (t, s) => {
      const headers = from()
      return behind(t, s, 1, () => ({ bytes: 60_000, headers }), () => large(s, headers))
    },
    bodies_bytes: (t, s) => behind(t, s, 4, () => ({ bytes: 60_000 }), () => large(s)),
    user_requests: async (t, s) => {
      const ali = await s.person()
      await behind(t, s, 2, () => ({ path: '/api/v1/groups', token: ali.token }), () => ali.request('GET', '/me'))
    },
    address_requests: (t, s) => {
      const headers = from()
      return behind(t, s, 4, () => ({ headers }), () => login(s, headers))
    },
    requests: (t, s) => behind(t, s, 10, () => ({}), () => login(s)),
  }],
  'rates of requests': [{
    ZIKR_REQUEST_RATE: 1, ZIKR_REQUEST_BURST: 5, ZIKR_ADDRESS_REQUEST_RATE: 1, ZIKR_ADDRESS_REQUEST_BURST: 50, ZIKR_MAX_ADDRESS_REFUSALS: 1,
  }, {
    request_rate: async (t, s) => {
      const ali = await s.person()
      await some(429, 20, () => get(s, '/me', ali))
    },
    request_burst: async (t, s) => {
      const ali = await s.person()
      const answers = await some(429, 20, () => get(s, '/me', ali))
      assert.ok(answers.filter((status) => status === 200).length >= 4, 'a burst is answered')
    },
    address_request_rate: async (t, s) => {
      const headers = from()
      await some(429, 80, () => get(s, '/poras', undefined, headers))
    },
    address_request_burst: async (t, s) => {
      const headers = from()
      const answers = await some(429, 80, () => get(s, '/poras', undefined, headers))
      assert.ok(answers.filter((status) => status === 200).length >= 50, 'a burst is answered')
    },
    address_refusals: async (t, s) => {
      const headers = from()
      await some(429, 80, () => get(s, '/poras', undefined, headers))
    },
  }],
  'what is done now and then': [{
    ZIKR_SEARCHES: 2, ZIKR_CONTACT_CHANGES: 2, ZIKR_EXPORTS_AN_HOUR: 2, ZIKR_LINK_MISSES: 2, ZIKR_SIGN_UPS: 2, ZIKR_LOGIN_FAILURES: 2,
    ZIKR_ADDRESS_FAILURES: 4, ZIKR_REFUSAL_LINES: 1, ZIKR_MAX_USER_SESSIONS: 2,
  }, {
    searches: async (t, s) => {
      const ali = await s.person()
      await often('rate_limited', 3, () => ali.request('GET', '/users?q=Vali'))
    },
    contact_changes: async (t, s) => {
      const ali = await s.person()
      await often('rate_limited', 3, () => ali.request('PATCH', '/me', { email: `${randomUUID()}@example.org` }))
    },
    exports_an_hour: async (t, s) => {
      const ali = await s.person()
      await often('rate_limited', 3, () => ali.request('GET', '/me/export'))
    },
    link_misses: async (t, s) => {
      const headers = from()
      for (let i = 0; i < 3; i++) assert.equal(await get(s, '/links/nowhere', undefined, headers), i < 2 ? 404 : 429)
    },
    sign_ups: async (t, s) => {
      const headers = from()
      await often('rate_limited', 3, () => register(s, headers))
    },
    login_failures: async (t, s) => {
      const headers = from()
      for (let i = 0; i < 3; i++) assert.equal((await login(s, headers, 'ali@example.org')).status, i < 2 ? 401 : 429)
    },
    address_failures: async (t, s) => {
      const headers = from()
      for (let i = 0; i < 5; i++) assert.equal((await login(s, headers)).status, i < 4 ? 401 : 429)
    },
    refusal_lines: (t, s) => until(async () => {
      await times(10, () => login(s))
      return s.metric('zikr_bounds_met_total{bound="refusal_lines"}')
    }, 'too many lines in a second'),
    user_sessions: async (t, s) => {
      const email = `${randomUUID()}@example.org`
      const { body } = await register(s, from(), email)
      for (let i = 0; i < 3; i++) assert.equal((await call(s, 'POST', '/api/v1/auth/login', { body: { login: email, password: 'bir tilak 114' }, headers: from() })).status, 200)
      assert.equal(await get(s, '/me', body), 401)
    },
  }],
  turns: [{
    ZIKR_MAX_EXPORTS: 1, ZIKR_MAX_EXPORTS_WAITING: 2, ZIKR_EXPORTS_AN_HOUR: 'off', ZIKR_MAX_HASHES: 1, ZIKR_MAX_HASHES_WAITING: 1, ZIKR_READERS_KEPT: 1000,
    ZIKR_REQUEST_RATE: 'off', ZIKR_MAX_ADDRESS_REFUSALS: 'off',
  }, Object.fromEntries([
    ['exports', (s, people) => times(10, (i) => get(s, '/me/export', people[i]))],
    ['exports_waiting', (s, people) => times(10, (i) => get(s, '/me/export', people[i]))],
    ['user_exports', (s, [one]) => times(10, () => get(s, '/me/export', one))],
    ['readers_kept', (s, people) => times(20, (i) => get(s, '/groups', people[i % 10]))],
    ['hashes', (s) => times(5, () => login(s))],
    ['hashes_waiting', (s) => times(5, () => login(s))],
  ].map(([bound, once]) => [bound, async (t, s) => { // who comes at the same moment is not for the test to say
    const people = await s.people(...Array.from({ length: 10 }, (_, i) => `Ali${i}`))
    const before = await s.metric(`zikr_bounds_met_total{bound="${bound}"}`)
    await until(async () => {
      await once(s, people)
      return (await s.metric(`zikr_bounds_met_total{bound="${bound}"}`)) > before
    }, 'somebody to wait')
  }]))],
  'groups and their members': [{
    ZIKR_GROUPS_A_DAY: 4, ZIKR_MAX_GROUPS: 2, ZIKR_MAX_MEMBERS: 4, ZIKR_MAX_BANS: 1, ZIKR_MAX_ZIKRS: 3, ZIKR_MAX_GROUP_TEXT: '4KB', ZIKR_JOINS_A_DAY: 3,
    ZIKR_BOOKINGS_A_DAY: 2, ZIKR_ASSIGNMENTS_A_DAY: 1, ZIKR_INVITATIONS_A_MINUTE: 2, ZIKR_MAX_INVITATIONS_RECEIVED: 2, ZIKR_MAX_INVITATION_REFUSALS: 1, ZIKR_MAX_USER_BLOCKS: 1,
    ZIKR_MAX_OPEN_HATMS: 1, ZIKR_MAX_LOGINLESS_MEMBERS: 2, ZIKR_MAX_LOGINLESS_MEMBERS_MADE: 3, ZIKR_SHARE_OUTS_A_DAY: 1, ZIKR_MAX_GROUP_DAY_ROWS: 1, ZIKR_CHANNEL_LEAVES: 1,
  }, {
    groups: async (t, s) => {
      const ali = await s.person()
      await often('limit_reached', 3, () => ali.request('POST', '/groups', { name: 'A', type: 'zikr', isPublic: false }))
    },
    groups_a_day: async (t, s) => {
      const ali = await s.person()
      await often('rate_limited', 9, async () => {
        const made = await ali.request('POST', '/groups', { name: 'A', type: 'zikr', isPublic: false })
        if (made.status === 201) await ali.delete(`/groups/${made.body.id}`)
        return made
      })
    },
    members: async (t, s) => {
      const [ali, ...others] = await s.people('Ali', 'B', 'D', 'E', 'F')
      const group = await ali.zikrGroup()
      await often('limit_reached', 4, (i) => others[i].request('POST', `/groups/${group.id}/join`))
    },
    bans: async (t, s) => {
      const [ali, ...others] = await s.people('Ali', 'B', 'D')
      const group = await ali.zikrGroup({}, ...others)
      await often('limit_reached', 2, (i) => ali.request('PUT', `/groups/${group.id}/bans/${others[i].id}`))
    },
    zikrs: async (t, s) => {
      const ali = await s.person()
      const group = await ali.zikrGroup()
      await often('limit_reached', 3, () => ali.request('POST', `/groups/${group.id}/zikrs`, { name: 'Zikr' }))
    },
    group_text: async (t, s) => {
      const ali = await s.person()
      const group = await ali.zikrGroup()
      const text = 'x'.repeat(2000)
      await often('limit_reached', 1, () => ali.request('POST', `/groups/${group.id}/zikrs`, { name: 'Zikr', body: text, description: text, hint: text }))
    },
    joins_a_day: async (t, s) => {
      const [ali, vali] = await s.people('Ali', 'Vali')
      const group = await ali.zikrGroup()
      await often('rate_limited', 7, async () => {
        const joined = await vali.request('POST', `/groups/${group.id}/join`)
        if (joined.status === 200) await vali.post(`/groups/${group.id}/leave`, undefined, 204)
        return joined
      })
    },
    bookings_a_day: async (t, s) => {
      const [ali, vali] = await s.people('Ali', 'Vali')
      const group = await ali.quranGroup(vali)
      await often('rate_limited', 5, (i) => vali.request('POST', `/groups/${group.id}/bookings`, { poraId: String(i + 1) }))
    },
    assignments_a_day: async (t, s) => {
      const [ali, vali] = await s.people('Ali', 'Vali')
      const group = await ali.quranGroup(vali)
      await often('rate_limited', 3, (i) => ali.request('POST', `/groups/${group.id}/bookings`, { poraId: String(i + 1), forUserId: vali.id }))
    },
    invitations_a_minute: async (t, s) => {
      const { invite } = await inviting(s)
      const others = await s.people('A', 'B', 'D', 'E', 'F')
      await often('rate_limited', 5, (i) => invite(others[i]))
    },
    pending_received: async (t, s) => {
      const vali = await s.person()
      await often('limit_reached', 3, async () => (await inviting(s)).invite(vali))
    },
    invitation_refusals: async (t, s) => {
      const [{ invite }, vali] = [await inviting(s), await s.person()]
      await refuseInvitation(vali, await invite(vali))
      assert.equal((await invite(vali)).body.code, 'rate_limited')
    },
    user_blocks: async (t, s) => {
      const [ali, ...others] = await s.people('Ali', 'B', 'D')
      await often('limit_reached', 2, (i) => ali.request('PUT', `/me/blocks/${others[i].id}`))
    },
    open_hatms: async (t, s) => {
      const ali = await s.person()
      const group = await ali.quranGroup()
      for (let pora = 1; pora <= 30; pora++) {
        const { bookingId } = await ali.post(`/groups/${group.id}/bookings`, { poraId: String(pora) }, 201)
        await ali.post(`/bookings/${bookingId}/complete`, undefined, 200)
      }
      await ali.refused('limit_reached', 'POST', `/groups/${group.id}/hatms/1/reopen`)
    },
    loginless_members: async (t, s) => {
      const ali = await s.person()
      const group = await ali.quranGroup()
      await often('limit_reached', 3, () => ali.request('POST', `/groups/${group.id}/members`, { name: 'Oyi' }))
    },
    loginless_members_made: async (t, s) => {
      const ali = await s.person()
      const group = await ali.quranGroup()
      await often('limit_reached', 4, async () => {
        const made = await ali.request('POST', `/groups/${group.id}/members`, { name: 'Oyi' })
        if (made.status === 201) await ali.delete(`/groups/${group.id}/members/${made.body.userId}`)
        return made
      })
    },
    share_outs: async (t, s) => {
      const ali = await s.person()
      const group = await ali.quranGroup()
      await often('rate_limited', 3, async () => {
        const shared = await ali.request('POST', `/groups/${group.id}/hatms/1/share`, {})
        if (shared.status === 200) await ali.delete(`/bookings/${shared.body.bookings[0].bookingId}`, 200)
        return shared
      })
    },
    group_day_rows: async (t, s) => {
      const ali = await s.person()
      const group = await ali.zikrGroup()
      for (const timeZone of ['Pacific/Midway', 'Pacific/Kiritimati']) { // 25 hours from each other: two days at any time
        await ali.patch(`/groups/${group.id}`, { timeZone })
        await ali.post(`/groups/${group.id}/zikrs/${group.zikrId}/counts`, { count: 1 })
      }
      assert.equal((await ali.get(`/groups/${group.id}/days`)).days.length, 1)
    },
    channel_leaves: async (t, s) => {
      const ali = await s.person()
      const [group, app] = [await ali.zikrGroup(), await connect(t, ali)]
      for (let i = 0; i < 3; i++) {
        await app.join(group)
        await app.leave(group)
      }
    },
  }],
  'invitations in all': [{ ZIKR_INVITATIONS_A_DAY: 4, ZIKR_MAX_INVITATIONS_SENT: 2 }, {
    pending_sent: async (t, s) => {
      const { invite } = await inviting(s)
      const others = await s.people('A', 'B', 'D')
      await often('limit_reached', 3, (i) => invite(others[i]))
    },
    invitations_a_day: async (t, s) => {
      const { invite } = await inviting(s)
      const others = await s.people(...'ABDEFGHIJ')
      await often('rate_limited', 9, async (i) => {
        const sent = await invite(others[i])
        if (sent.status === 201) await refuseInvitation(others[i], sent)
        return sent
      })
    },
  }],
  'what one stores': [{ ZIKR_BYTES_A_DAY: '100KB', ZIKR_EVENT_RATE: 'off', ZIKR_REQUEST_RATE: 'off' }, {
    bytes_a_day: async (t, s) => {
      const ali = await s.person()
      const group = await ali.zikrGroup()
      await often('rate_limited', 1000, () => ali.request('POST', `/groups/${group.id}/zikrs/${group.zikrId}/counts`, { count: 1 }))
    },
  }],
}

describe('every bound of the budget is met', { skip: process.platform !== 'linux' && 'needs a bound of memory' }, () => {
  for (const [what, [env, ways]] of Object.entries(servers)) {
    describe(what, () => {
      const settings = Object.fromEntries(Object.entries({ ZIKR_TRUSTED_PROXIES: '127.0.0.1', ...env }).map(([name, value]) => [name, String(value)]))
      const server = useSmallServer({ env: settings })

      if (what === Object.keys(servers)[0]) {
        test('there is a way to meet each', async () => {
          const text = await (await fetch(`${server.observed}/metrics`)).text()
          const there = [...text.matchAll(/^zikr_bounds_met_total\{bound="(\w+)"\}/gm)].map(([, bound]) => bound)
          const here = Object.values(servers).flatMap(([, ways]) => Object.keys(ways))
          assert.deepEqual(here.toSorted(), there.toSorted())
        })
      }

      for (const [bound, meet] of Object.entries(ways)) {
        test(bound, async (t) => {
          const met = () => server.metric(`zikr_bounds_met_total{bound="${counted[bound] ?? bound}"}`)
          const before = await met()
          await meet(t, server)
          if (!uncounted.includes(bound)) await until(async () => (await met()) > before, `${bound} to be counted as met`)
          server.alive()
        })
      }
    })
  }
})
