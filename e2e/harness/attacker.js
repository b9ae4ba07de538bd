// An attacker, in a process of its own: `node attacker.js '{"port", "attack", "seconds", "people", "group"}'`. It
// comes from other addresses of this machine than the good clients, and does one thing until its time is over. It says how often.
import { randomBytes, randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { WebSocket } from 'ws'

const order = JSON.parse(process.argv[2] ?? '{}')
const end = Date.now() + order.seconds * 1000
const going = () => Date.now() < end
const did = {}
const note = (what) => (did[what] = (did[what] ?? 0) + 1)

// One attacker has a few addresses, not one for each connection.
const addresses = Array.from({ length: 4 }, (_, i) => `127.0.0.${i + 2}`)
const address = (i) => addresses[i % addresses.length]
const many = (n, each) => Promise.all(Array.from({ length: n }, (_, i) => each(i)))
const person = (i) => order.people[i % order.people.length]

// ask makes a request; unread leaves its answer where it is.
function ask(i, method, path, { body, token, headers = {}, agent, unread } = {}) {
  return new Promise((resolve) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const r = request({
      host: '127.0.0.1', port: order.port, method, path, agent, localAddress: address(i),
      headers: { ...headers, ...(token ? { authorization: `Bearer ${token}` } : {}), ...(text ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) } : {}) },
    }, (answer) => {
      note(answer.statusCode)
      if (unread) return setTimeout(() => resolve(answer.destroy()), 5000)
      let read = ''
      answer.setEncoding('utf8').on('data', (d) => (read += d)).on('end', () => resolve({ status: answer.statusCode, body: read })).on('error', () => resolve({}))
    })
    r.on('error', () => (note('error'), setTimeout(() => resolve({}), 5)))
    r.setTimeout(10_000, () => r.destroy())
    r.end(text)
  })
}

// flood sends one request after another, without reading, on a connection that stays open.
async function flood(i, text) {
  while (going()) {
    await new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: order.port, localAddress: address(i) })
      socket.on('error', () => {}).on('close', resolve).on('data', () => {})
      const more = () => {
        if (!going()) return socket.destroy()
        note('requests')
        if (socket.write(text())) setImmediate(more)
      }
      socket.on('connect', more).on('drain', more)
    })
    await pause(1)
  }
}

const handshake = (x = '', header = '') => () => `GET /socket.io/?EIO=4&transport=polling${x} HTTP/1.1\r\nHost: a\r\n${header}\r\n`

// sockets keeps connections open, each used by use until it closes, and opens others for those that were closed.
function sockets(n, use, { token = true } = {}) {
  return many(n, async (i) => {
    for (let k = i; going(); k++) {
      await new Promise((resolve) => {
        const ws = new WebSocket(`ws://127.0.0.1:${order.port}/socket.io/?EIO=4&transport=websocket`, { localAddress: address(i), perMessageDeflate: false })
        ws.on('error', () => note('refused')).on('close', resolve)
        ws.on('open', () => {
          note('opened')
          if (token) ws.send(`40/zikr-app,${JSON.stringify({ token: person(k).token })}`)
          use(ws, k)
        })
        ws.on('message', (data) => String(data) === '2' && ws.send('3'))
        setTimeout(() => ws.terminate(), Math.max(0, end - Date.now()))
      })
      await pause(5)
    }
  })
}

const shout = (text) => (ws) => {
  const more = () => {
    if (ws.readyState !== WebSocket.OPEN || !going()) return
    for (let j = 0; j < 50; j++) ws.send(text, () => {})
    note('shouts')
    setTimeout(more, ws.bufferedAmount > 1 << 20 ? 50 : 0)
  }
  ws.once('message', () => setTimeout(more, 50))
}

const guess = (text) => text + randomBytes(4).toString('hex')

const attacks = {
  // without an account
  'handshakes padded': () => many(8, (i) => flood(i, handshake(`&x=${'a'.repeat(7000)}`))),
  'handshakes long': () => many(8, (i) => flood(i, handshake(`&x=${'a'.repeat(30_000)}`))),
  'handshakes bare': () => many(8, (i) => flood(i, handshake())),
  'handshakes with a token': () => many(8, (i) => flood(i, handshake('', `Authorization: Bearer ${'a'.repeat(8000)}\r\n`))),
  'sockets that say nothing': () => sockets(2000, () => {}, { token: false }),
  'noise of strangers': () => sockets(2000, shout('6'), { token: false }),
  'tokens that are none': () => sockets(50, (ws) => shout(`40/zikr-app,${JSON.stringify({ token: guess('e30.e30.') })}`)(ws), { token: false }),
  'heads that never end': () => many(500, (i) => flood(i, () => 'GET / HTTP/1.1\r\n')),
  'sign-ins and sign-ups': () => many(20, async (i) => {
    while (going()) {
      await ask(i, 'POST', '/api/v1/auth/login', { body: { login: order.victim ?? 'somebody@example.org', password: guess('password') } })
      await ask(i, 'POST', '/api/v1/auth/register', { body: { name: 'A', surname: 'B', email: `${randomUUID()}@example.org`, password: guess('password ') } })
    }
  }),
  'links that are guessed': () => many(20, async (i) => {
    while (going()) await ask(i, 'GET', `/api/v1/links/${randomBytes(8).toString('hex')}`)
  }),
  // with one, or with many
  'questions without end': () => sockets(400, shout('42/zikr-app,["get_notifications"]')),
  'answers that nobody reads': () => many(4, async (i) => {
    for (let k = i; going(); k++) {
      await new Promise((resolve) => {
        const ws = new WebSocket(`ws://127.0.0.1:${order.port}/socket.io/?EIO=4&transport=websocket`, { localAddress: address(i), perMessageDeflate: false })
        ws.on('error', () => note('refused')).on('close', resolve)
        ws.on('open', () => {
          ws.send(`40/zikr-app,${JSON.stringify({ token: person(k).token })}`)
          ws.once('message', () => setTimeout(() => {
            for (let j = 0; j < 2600; j++) ws.send(`42/zikr-app,${j}["get_notifications"]`)
            note('drops')
            setTimeout(() => (ws._socket?.resetAndDestroy(), resolve()), 200)
          }, 20))
        })
      })
    }
  }),
  'polling sessions': () => many(16, async (i) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let k = i; going(); k++) {
      const opened = await ask(i, 'GET', '/socket.io/?EIO=4&transport=polling', { agent })
      const sid = /"sid":"([^"]+)"/.exec(opened.body ?? '')?.[1]
      if (sid) await ask(i, 'POST', `/socket.io/?EIO=4&transport=polling&sid=${sid}`, { agent, headers: { 'content-type': 'text/plain' } })
    }
  }),
  'snapshots that nobody reads': async () => {
    const { token } = person(0)
    const made = await ask(0, 'POST', '/api/v1/groups', { token, body: { name: 'Long', type: 'zikr', isPublic: false } })
    const { id } = JSON.parse(made.body || '{}')
    const text = 'ъ'.repeat(2000)
    for (let k = 0; k < 400 && going(); k++) await ask(k, 'POST', `/api/v1/groups/${id}/zikrs`, { token, body: { name: 'Z', body: text, description: text, hint: text } })
    await many(60, async (i) => {
      while (going()) await ask(i, 'GET', `/api/v1/groups/${id}`, { token, unread: true })
    })
  },
  'exports at once': () => many(60, async (i) => {
    while (going()) await ask(i, 'GET', '/api/v1/me/export', { token: person(i).token })
  }),
  'searches and changes': () => many(20, async (i) => {
    while (going()) {
      await ask(i, 'GET', `/api/v1/users?q=%2B99890${String(Math.random()).slice(2, 9)}`, { token: person(i).token })
      await ask(i, 'PATCH', '/api/v1/me', { token: person(i).token, body: { email: `${guess('a')}@example.org` } })
    }
  }),
  'invitations': async () => {
    const { token } = person(0)
    await many(10, async (i) => {
      while (going()) {
        const made = await ask(i, 'POST', '/api/v1/groups', { token, body: { name: 'Spam', type: 'zikr', isPublic: false } })
        const { id } = JSON.parse(made.body || '{}')
        await ask(i, 'POST', `/api/v1/groups/${id ?? 'none'}/invitations`, { token, body: { receiverId: order.good[i % order.good.length] } })
      }
    })
  },
  'goals that are met at once': async () => {
    const zikrs = await many(Math.min(order.people.length, 10), async (i) => {
      const { token } = person(i)
      await ask(i, 'POST', `/api/v1/groups/${order.open}/join`, { token })
      return token
    })
    await many(zikrs.length, async (i) => {
      while (going()) await ask(i, 'POST', `/api/v1/groups/${order.open}/zikrs/${order.goal}/counts`, { token: zikrs[i], body: { count: 1 } })
    })
  },
}

if (order.attack) {
  await Promise.race([attacks[order.attack](), pause(order.seconds * 1000 + 2000)])
  console.log(JSON.stringify(did))
  process.exit(0)
} else {
  console.log(JSON.stringify(Object.keys(attacks)))
}
