// Connections: tokens, namespaces, transports, heartbeat, and how they end.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { WebSocket } from 'ws'
import {
  Person, RawPolling, RawSocket, Server, call, connect, connectError, dial, namespaces, pause, settled, sign, transports, until, useServer, within,
} from './harness/index.js'

const server = useServer()
const now = () => Math.floor(Date.now() / 1000)

for (const namespace of namespaces) {
  for (const [name, list] of Object.entries(transports)) {
    test(`${namespace} over ${name}: events, acks and the group's channel`, async (t) => {
      const [ali, vali] = await server.people('Ali', 'Vali')
      const group = await ali.zikrGroup({}, vali)
      const client = await connect(t, ali, { namespace, transports: list })
      const other = await connect(t, vali)
      await client.join(group)
      await other.join(group)
      for (let n = 1; n <= 20; n++) await (n % 2 ? client : other).ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: n })
      if (name === 'upgrade') await until(() => client.socket.io.engine.transport.name === 'websocket', 'the upgrade')
      assert.equal(client.socket.io.engine.transport.name, name === 'polling' ? 'polling' : 'websocket')
      await settled(ali, group, client, other)
      assert.deepEqual(client.logged(group.id), other.logged(group.id), 'both namespaces are one world')
      assert.equal(client.all('zikr_count_updated').length, 20)
    })
  }
}

test('nothing is lost or repeated while the transport is upgraded', async (t) => {
  const [ali, ...others] = await server.people('Ali', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H')
  const group = await ali.zikrGroup({}, ...others)
  const writer = await connect(t, ali)
  await writer.join(group, 0)
  const count = (client) => client.ask('update_zikr_count', { groupId: group.id, zikrId: group.zikrId, count: 1 })
  let upgrading = true
  const writing = (async () => {
    while (upgrading) await count(writer)
  })()
  const clients = await Promise.all(others.map(async (person) => {
    const client = await connect(t, person, { transports: transports.upgrade })
    await client.join(group, 0)
    for (let n = 0; n < 5; n++) await count(client)
    await until(() => client.socket.io.engine.transport.name === 'websocket', 'the upgrade')
    await count(client)
    return client
  }))
  upgrading = false
  await writing
  await settled(ali, group, writer, ...clients)
  for (const client of clients) assert.deepEqual(client.logged(group.id), writer.logged(group.id))
})

test('any other namespace is invalid', async () => {
  const ali = await server.person()
  for (const namespace of ['/zikr', '/zikr-app/x', '/Zikr-App', '/admin']) {
    const error = await connectError(server, { namespace, auth: { token: ali.token } })
    assert.equal(error.message, 'Invalid namespace', namespace)
  }
})

test('a token is looked for in auth, then the header, then the query', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const enters = async (person, options) => connect(t, person, { auth: undefined, ...options })
  for (const prefix of ['', 'Bearer ']) {
    for (const list of [transports.websocket, transports.polling]) {
      await enters(ali, { transports: list, auth: { token: prefix + ali.token } })
      await enters(ali, { transports: list, extraHeaders: { Authorization: prefix + ali.token } })
      await enters(ali, { transports: list, query: { token: prefix + ali.token } })
    }
  }
  const header = { extraHeaders: { Authorization: `Bearer ${vali.token}` } }
  await enters(ali, { auth: { token: ali.token }, ...header, query: { token: vali.token } })
  await enters(vali, { ...header, query: { token: ali.token } })
  for (const token of ['', null, 5, {}, [ali.token], true]) await enters(vali, { auth: { token }, ...header })
  await enters(vali, { auth: { Token: ali.token }, ...header })

  const bad = await connectError(server, { auth: { token: 'bad' }, extraHeaders: { Authorization: ali.token }, query: { token: ali.token } })
  assert.equal(bad.data.code, 'unauthenticated', 'a bad one does not fall through')
  const worse = await connectError(server, { extraHeaders: { Authorization: 'Bearer bad' }, query: { token: ali.token } })
  assert.equal(worse.data.code, 'unauthenticated')
})

test('the user of a token is its id, else its sub', async (t) => {
  const [ali, vali] = await server.people('Ali', 'Vali')
  const enters = (person, claims) => connect(t, person.with(server.token(claims)))
  await enters(ali, { id: ali.id, sub: vali.id })
  await enters(vali, { sub: vali.id })
  for (const id of [5, true, {}, [ali.id]]) {
    const error = await connectError(server, { auth: { token: server.token({ id, sub: ali.id }) } })
    assert.equal(error.data.code, 'unauthenticated', `id ${JSON.stringify(id)}`)
  }
})

test('what is not a good token is refused, on the socket and over REST', async () => {
  const ali = await server.person()
  const sub = ali.id
  const flip = (token) => token.slice(0, -4) + (token.endsWith('AAAA') ? 'BBBB' : 'AAAA')
  const [head, body, signature] = server.token({ sub }).split('.')
  const forged = Buffer.from(JSON.stringify({ sub: 'someone-else', exp: now() + 3600 })).toString('base64url')
  const table = [
    ['none', undefined, 'unauthenticated'],
    ['empty', '', 'unauthenticated'],
    ['garbage', 'garbage', 'unauthenticated'],
    ['three empty parts', '..', 'unauthenticated'],
    ['only Bearer', 'Bearer ', 'unauthenticated'],
    ['a wrong signature', flip(server.token({ sub })), 'unauthenticated'],
    ['no signature', `${head}.${body}.`, 'unauthenticated'],
    ['other claims under the signature', `${head}.${forged}.${signature}`, 'unauthenticated'],
    ['another secret', sign({ sub, exp: now() + 60 }, { secret: 'x'.repeat(64) }), 'unauthenticated'],
    ['alg none', sign({ sub, exp: now() + 60 }, { alg: 'none' }), 'unauthenticated'],
    ['alg None, signed', server.token({ sub }, { header: { alg: 'None', typ: 'JWT' } }), 'unauthenticated'],
    ['alg HS512', server.token({ sub }, { alg: 'HS512', hash: 'sha512' }), 'unauthenticated'],
    ['alg HS384', server.token({ sub }, { alg: 'HS384', hash: 'sha384' }), 'unauthenticated'],
    ['alg RS256 with the secret', server.token({ sub }, { header: { alg: 'RS256', typ: 'JWT' } }), 'unauthenticated'],
    ['expired', server.token({ sub, exp: now() - 1 }), 'token_expired'],
    ['expired just now', server.token({ sub, exp: now() }), 'token_expired'],
    ['expired and wrongly signed', sign({ sub, exp: now() - 60 }, { secret: 'x'.repeat(64) }), 'unauthenticated'],
    ['not yet', server.token({ sub, nbf: now() + 60 }), 'unauthenticated'],
    ['without exp', server.token({ sub, exp: undefined }), 'unauthenticated'],
    ['exp that is no number', server.token({ sub, exp: 'tomorrow' }), 'unauthenticated'],
    ['nobody', server.token({}), 'unauthenticated'],
    ['an empty sub', server.token({ sub: '' }), 'unauthenticated'],
    ['a sub that is too long', server.token({ sub: 'x'.repeat(129) }), 'unauthenticated'],
  ]
  for (const [what, token, code] of table) {
    const error = await connectError(server, { auth: { token } })
    assert.equal(error.data?.code, code, `${what}: ${error.message} ${JSON.stringify(error.data)}`)
    assert.ok(error.message.length > 0, what)
    assert.ok(!token || !error.message.includes(token), 'the token is not repeated')
    if (token === undefined || /^[\x21-\x7e]+$/.test(token)) {
      const answer = await call(server, 'GET', '/api/v1/me', { token })
      assert.deepEqual([answer.status, answer.body.code], [401, code], `${what} over REST`)
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/, 'RFC 9110: 401 names the scheme')
    }
  }
})

test('a user that does not exist is refused, unless users are provisioned', async (t) => {
  const strict = new Server({ env: { ZIKR_JWT_PROVISION: 'false' } })
  t.after(() => strict.stop())
  await strict.start()
  const error = await connectError(strict, { auth: { token: strict.token({ sub: 'nobody' }) } })
  assert.equal(error.data.code, 'unauthenticated')
  const zaynab = await Person.registered(strict)
  await connect(t, zaynab)
  const foreign = zaynab.with(strict.token({ sub: zaynab.id }))
  assert.equal((await connectError(strict, { auth: { token: foreign.token } })).data.code, 'unauthenticated', 'the account has a password here')
  const trusting = new Server({ env: { ZIKR_JWT_PROVISION: 'false', ZIKR_JWT_OPEN_ACCOUNTS: 'true' } })
  t.after(() => trusting.stop())
  await trusting.start()
  const other = await Person.registered(trusting)
  await connect(t, other.with(trusting.token({ sub: other.id })))

  const id = 'from-elsewhere'
  const newcomer = new Person(server, { id, token: server.token({ sub: id, name: 'Yangi', surname: 'Kelgan' }), name: 'Yangi', surname: 'Kelgan' })
  await connect(t, newcomer)
  const { name, surname } = await newcomer.get('/me')
  assert.deepEqual([name, surname], ['Yangi', 'Kelgan'])
})

test('a token without exp is accepted from another issuer only', async (t) => {
  const issuing = new Server({ env: { ZIKR_JWT_ISSUER: 'https://id.example.org' } })
  t.after(() => issuing.stop())
  await issuing.start()
  const token = issuing.token({ sub: 'ext-1', iss: 'https://id.example.org', name: 'Tashqi', exp: undefined })
  await connect(t, new Person(issuing, { id: 'ext-1', token, name: 'Tashqi' }))
  for (const iss of ['https://evil.example.org', undefined]) {
    const error = await connectError(issuing, { auth: { token: issuing.token({ sub: 'ext-1', iss }) } })
    assert.equal(error.data.code, 'unauthenticated', `iss ${iss}`)
  }
  await connect(t, await Person.registered(issuing))
})

test('a refused CONNECT may be sent again on the same connection', async (t) => {
  const ali = await server.person()
  const raw = await RawSocket.open(t, server)
  raw.send('40/zikr-app,{"token":"bad"}')
  const refused = JSON.parse((await raw.next(/^44\/zikr-app,/)).slice('44/zikr-app,'.length))
  assert.equal(refused.data.code, 'unauthenticated')
  raw.send('40/nowhere,')
  assert.match(await raw.next(/^44\/nowhere,/), /"Invalid namespace"/)
  raw.send(`40/zikr-app,{"token":"${server.token({ sub: ali.id, exp: now() - 5 })}"}`)
  assert.match(await raw.next(/^44\/zikr-app,/), /"token_expired"/)
  await raw.enter(ali)
  assert.ok(raw.open)
})

test('the handshake says what the contract says', async (t) => {
  const { handshake } = await RawPolling.open(server)
  assert.deepEqual({ ...handshake, sid: '' }, { sid: '', upgrades: ['websocket'], pingInterval: 25000, pingTimeout: 20000, maxPayload: 100000 })
  assert.ok(handshake.sid.length >= 16)
  const raw = await RawSocket.open(t, server)
  assert.deepEqual({ ...raw.handshake, sid: '' }, { sid: '', upgrades: [], pingInterval: 25000, pingTimeout: 20000, maxPayload: 100000 })
})

test('an unknown protocol version or transport is HTTP 400', async () => {
  for (const query of ['EIO=5&transport=polling', 'EIO=2&transport=polling', 'EIO=&transport=polling', 'transport=polling', 'EIO=4', 'EIO=4&transport=carrier-pigeon', 'EIO=4&transport=polling&sid=unknown', 'EIO=4&transport=websocket']) {
    const response = await fetch(`${server.url}/socket.io/?${query}`)
    assert.equal(response.status, 400, query)
    await response.arrayBuffer()
  }
})

test('another origin is not let in; no origin and the same one are', async (t) => {
  const ali = await server.person()
  const status = async (headers, url = server.url) => (await fetch(`${url}/socket.io/?EIO=4&transport=polling`, { headers })).status
  assert.equal(await status({}), 200)
  assert.equal(await status({ origin: server.url }), 200)
  assert.notEqual(await status({ origin: 'https://evil.example.org' }), 200)
  assert.notEqual(await status({ origin: 'null' }), 200)
  await assert.rejects(RawSocket.open(t, server, { headers: { origin: 'https://evil.example.org' } }))
  await (await RawSocket.open(t, server, { headers: { origin: server.url } })).enter(ali)

  const open = new Server({ env: { ZIKR_CORS_ORIGINS: 'https://app.example.org,https://two.example.org' } })
  t.after(() => open.stop())
  await open.start()
  for (const path of ['/socket.io/?EIO=4&transport=polling', '/api/v1/poras']) {
    const response = await fetch(open.url + path, { headers: { origin: 'https://two.example.org' } })
    assert.equal(response.status, 200, path)
    assert.equal(response.headers.get('access-control-allow-origin'), 'https://two.example.org', path)
    const evil = await fetch(open.url + path, { headers: { origin: 'https://evil.example.org' } })
    assert.equal(evil.headers.get('access-control-allow-origin'), null, path)
  }
  assert.notEqual(await status({ origin: 'https://evil.example.org' }, open.url), 200)
})

test('a changed password ends every session but the one that changed it', async (t) => {
  const zaynab = await Person.registered(server)
  const login = async () => {
    const { body } = await call(server, 'POST', '/api/v1/auth/login', { body: { login: zaynab.email, password: zaynab.password } })
    server.remember(body.token)
    return zaynab.with(body.token)
  }
  const [mine, others] = [await login(), await login()]
  const [kept, ended] = [await connect(t, mine), await connect(t, others)]
  await mine.patch('/me', { password: 'another password', currentPassword: zaynab.password })
  await ended.next('connection_status', (e) => e.status === 'expired')
  assert.equal(await ended.ended(), 'io server disconnect')
  await kept.ask('get_notifications')
  await mine.get('/me')
  assert.equal((await others.request('GET', '/me')).status, 401)
})

test('an account that is removed ends its connections', async (t) => {
  const ali = await server.person()
  const client = await connect(t, ali)
  await ali.delete('/me')
  await client.next('connection_status', (e) => e.status === 'expired')
  assert.equal(await client.ended(), 'io server disconnect')
  const error = await connectError(server, { auth: { token: ali.token } })
  assert.equal(error.data.code, 'unauthenticated')
  await ali.refused('unauthenticated', 'GET', '/me')
})

describe('what takes its time', { concurrency: true }, () => {
  const closes = async (wait, what) => {
    const start = performance.now()
    await wait(52_000)
    const after = performance.now() - start
    assert.ok(after > 44_000 && after < 50_000, `${what}: closed after ${Math.round(after)} ms`)
  }

  test('a WebSocket with no namespace connected is closed after 45 s', async (t) => {
    const raw = await RawSocket.open(t, server)
    await closes((timeout) => raw.ended(timeout), 'websocket')
  })

  test('a WebSocket whose CONNECT was refused is closed after 45 s', async (t) => {
    const raw = await RawSocket.open(t, server)
    raw.send('40/zikr-app,')
    await raw.next(/^44/)
    await closes((timeout) => raw.ended(timeout), 'refused')
  })

  test('a WebSocket that left its only namespace stays, as long as it answers pings', async (t) => {
    const ali = await server.person()
    const raw = await (await RawSocket.open(t, server)).enter(ali)
    raw.send('41/zikr-app,')
    await pause(50_000)
    assert.ok(raw.open, 'closed, although it had a namespace')
    await raw.enter(ali)
  })

  test('a connection of protocol 3 without a token is kept for 45 s', async (t) => {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=3&transport=websocket`)
    t.after(() => ws.terminate())
    const frames = []
    ws.on('message', (data) => frames.push(String(data)))
    const pings = setInterval(() => ws.send('2'), 20_000) // in protocol 3 the client pings
    t.after(() => clearInterval(pings))
    await closes((timeout) => within(new Promise((resolve) => ws.once('close', resolve)), 'the end', timeout), 'protocol 3')
    const refused = frames.find((frame) => frame.startsWith('44'))
    assert.equal(JSON.parse(refused.slice(2)).code, 'unauthenticated')
  })

  test('a polling session with no namespace connected is closed after 45 s', async () => {
    const polling = await RawPolling.open(server)
    const told = async () => {
      let answer = await polling.get()
      for (; answer.text === '2'; answer = await polling.get()) await polling.post('3')
      assert.equal(answer.text, '1')
    }
    await closes((timeout) => within(told(), 'the close packet', timeout), 'polling')
    assert.equal((await polling.get()).status, 400)
  })

  test('a token that expires ends its connections, and no others', async (t) => {
    const ali = await server.person()
    const kept = await connect(t, ali)
    const exp = now() + 8 // time enough to connect on a slow machine
    const brief = ali.with(server.token({ sub: ali.id, exp }))
    const clients = [await connect(t, brief), await connect(t, brief, { namespace: '/', transports: transports.polling })]
    for (const client of clients) {
      const status = await client.next('connection_status', (e) => e.status === 'expired')
      assert.equal(status.userId, ali.id)
      assert.ok(Date.parse(status.timestamp) >= exp * 1000, `not before its time: ${status.timestamp}`)
      assert.equal(await client.ended(), 'io server disconnect', 'a DISCONNECT packet')
    }
    await kept.ask('get_notifications')
    const error = await connectError(server, { auth: { token: brief.token } })
    assert.equal(error.data.code, 'token_expired')
  })

  test('one namespace that expires does not take the other with it', async (t) => {
    const ali = await server.person()
    const app = await connect(t, ali)
    const token = server.token({ sub: ali.id, exp: now() + 8 })
    const root = await connect(t, ali, { socket: app.socket.io.socket('/', { auth: { token } }) })
    await root.next('connection_status', (e) => e.status === 'expired')
    await root.ended()
    await app.ask('get_notifications')
  })

  test('a silent connection is closed by the heartbeat, a living one stays', async (t) => {
    const quick = new Server({ env: { ZIKR_PING_INTERVAL: '300ms', ZIKR_PING_TIMEOUT: '1500ms' } })
    t.after(() => quick.stop())
    await quick.start()
    const [ali, vali] = await quick.people('Ali', 'Vali')
    const living = [await connect(t, ali), await connect(t, ali, { transports: transports.polling })]
    const silent = await (await RawSocket.open(t, quick, { silent: true })).enter(vali)
    assert.deepEqual([silent.handshake.pingInterval, silent.handshake.pingTimeout], [300, 1500])
    await silent.next(/^2$/)
    await silent.ended(6_000)
    await pause(1_500) // some rounds of the heartbeat, for those who answer it
    for (const client of living) {
      assert.equal(client.reason, undefined)
      await client.ask('get_notifications')
    }
  })
})

test('SIGTERM: everyone is told, the transports are closed without DISCONNECT, and it ends with 0', async (t) => {
  const ending = new Server({ env: { ZIKR_DRAIN_DELAY: '1500ms' } }) // a wide window for /readyz
  t.after(() => ending.stop())
  await ending.start()
  const [ali, vali] = await ending.people('Ali', 'Vali')
  const clients = [
    await connect(t, ali), await connect(t, ali, { namespace: '/' }), await connect(t, vali, { transports: transports.upgrade }),
    await connect(t, vali, { transports: transports.polling }), await connect(t, vali, { transports: transports.polling }),
  ]
  const raw = await (await RawSocket.open(t, ending)).enter(ali)
  ending.signal('SIGTERM')
  await until(async () => (await fetch(`${ending.url}/readyz`)).status === 503, '/readyz to be 503 while the server still answers')
  for (const client of clients) await client.next('connection_status', (e) => e.status === 'draining')
  await raw.next(/draining/)
  const { code, signal } = await ending.exited(10_000)
  assert.deepEqual([code, signal], [0, null])
  for (const client of clients) {
    const reason = await client.ended()
    assert.ok(['transport close', 'transport error'].includes(reason), `the client is told ${reason}, and reconnects by itself`)
  }
  await raw.ended()
  assert.ok(!raw.frames.items.some((f) => String(f).startsWith('41')), 'no DISCONNECT packet')
})

test('a client that reconnects by itself finds the server again after a restart', async (t) => {
  const ali = await server.person()
  const socket = dial(server, { auth: { token: ali.token }, reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200 })
  t.after(() => socket.disconnect())
  await within(new Promise((resolve) => socket.once('connection_status', resolve)), 'connection_status')
  const again = new Promise((resolve) => socket.io.once('reconnect', resolve))
  await server.restart()
  await within(again, 'the reconnection')
  const ack = await within(socket.emitWithAck('get_notifications'), 'an ack')
  assert.equal(ack.ok, true)
})
