// The line, with a socket that the test holds in its hand.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Live } from '../src/core/live'

type Answer = (late: Error | null, answer?: unknown) => void

/** FakeSocket is what the client's socket is to the line. */
class FakeSocket {
  connected = false
  io = { opts: { transports: [] as string[] } }
  connects = 0
  /** asked are the joins that wait for an answer. */
  asked: { payload: object; answer: Answer }[] = []
  #on = new Map<string, (what?: unknown) => void>()
  #any: (name: string, data: object) => void = () => undefined

  on(name: string, listener: (what?: unknown) => void): void {
    this.#on.set(name, listener)
  }
  onAny(listener: (name: string, data: object) => void): void {
    this.#any = listener
  }
  connect(): void {
    this.connects++
    auth((value) => (given = value))
  }
  disconnect(): void {
    this.connected = false
  }
  timeout(): this {
    return this
  }
  emit(_name: string, payload: object, answer: Answer): void {
    this.asked.push({ payload, answer })
  }
  /** is tells the line of the socket's state. */
  is(name: 'connect' | 'disconnect' | 'connect_error', what?: unknown): void {
    this.connected = name === 'connect'
    this.#on.get(name)?.(what)
  }
  hears(name: string, data: object): void {
    this.#any(name, data)
  }
}

let socket: FakeSocket
let auth: (give: (value: object) => void) => void
let given: object
vi.mock('socket.io-client', () => ({
  io: (_url: string, options: { auth: typeof auth; transports: string[] }) => {
    auth = options.auth
    socket.io.opts.transports = options.transports
    return socket
  },
}))

let told: unknown[][]
let token: string
let live: Live

beforeEach(async () => {
  vi.useFakeTimers()
  vi.stubGlobal('document', { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined })
  vi.stubGlobal('addEventListener', () => undefined)
  vi.stubGlobal('removeEventListener', () => undefined)
  vi.stubGlobal('requestAnimationFrame', (frame: () => void) => setTimeout(frame, 16))
  socket = new FakeSocket()
  told = []
  token = 'T1'
  const tell =
    (name: string) =>
    (...what: unknown[]) =>
      void told.push([name, ...what])
  live = new Live({
    base: new URL('https://example.org/'),
    token: () => token,
    hears: {
      state: () => undefined,
      events: (_id, events) => events.forEach((e) => told.push([e.name])),
      joined: tell('joined'),
      presence: (_id, userId, online) => void told.push([online ? 'online' : 'offline', userId]),
      refused: tell('refused'),
      told: tell('told'),
      expired: tell('expired'),
    },
  })
  await live.start()
})
afterEach(() => {
  live.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a channel', () => {
  const joined = { ok: true, data: { groupId: 'g', seq: 7, onlineUserIds: ['a'] } }
  beforeEach(() => {
    live.listen('g', () => 5)
    socket.is('connect')
    expect(socket.asked.map((a) => a.payload)).toEqual([{ groupId: 'g', since: 5 }])
  })

  test('that nobody answered for is asked for again', () => {
    socket.asked[0]?.answer(new Error('late'))
    vi.advanceTimersByTime(2000)
    socket.asked[1]?.answer(null, joined)
    expect(told).toEqual([['joined', 'g', 7, false, ['a']]])
    vi.advanceTimersByTime(60_000)
    expect(socket.asked.length).toBe(2)
  })

  test('that was asked for too fast is asked for again when the server says', () => {
    socket.asked[0]?.answer(null, { ok: false, error: { code: 'rate_limited', retryAfterMs: 4000 } })
    vi.advanceTimersByTime(3999)
    expect(socket.asked.length).toBe(1)
    vi.advanceTimersByTime(1)
    expect(socket.asked.length).toBe(2)
    expect(told).toEqual([])
  })

  test('that is refused for good is told, and not asked for again', () => {
    socket.asked[0]?.answer(null, { ok: false, error: { code: 'not_member' } })
    vi.advanceTimersByTime(60_000)
    expect(told).toEqual([['refused', 'g', 'not_member']])
    expect(socket.asked.length).toBe(1)
  })

  test('that was left is not asked for again', () => {
    const [join] = socket.asked
    live.leave('g')
    socket.asked = []
    join?.answer(new Error('late'))
    vi.advanceTimersByTime(60_000)
    expect(socket.asked).toEqual([])
  })
})

test('who comes by an event, and is here right after it, is shown to be here', () => {
  socket.is('connect')
  socket.hears('member_joined', { groupId: 'g', seq: 3, userId: 'b' })
  socket.hears('user_online', { groupId: 'g', userId: 'b' })
  vi.advanceTimersByTime(1000)
  expect(told).toEqual([['member_joined'], ['online', 'b']])
})

test('who comes and goes while a channel is joined is told before those who are there', () => {
  live.listen('g', () => 5)
  socket.is('connect')
  socket.hears('user_online', { groupId: 'g', userId: 'b' })
  socket.asked[0]?.answer(null, { ok: true, data: { groupId: 'g', seq: 5, onlineUserIds: [] } })
  expect(told.map(([name]) => name)).toEqual(['online', 'joined'])
})

describe('a token that is no longer good', () => {
  test('ends the session', () => {
    socket.is('connect')
    socket.hears('connection_status', { status: 'expired' })
    expect(told).toEqual([['expired']])
  })
  test('and was renewed meanwhile: the line connects with the new one', () => {
    socket.is('connect')
    token = 'T2' // another tab has renewed it
    socket.hears('connection_status', { status: 'expired' })
    socket.is('disconnect', 'io server disconnect')
    vi.advanceTimersByTime(1000)
    expect(told).toEqual([])
    expect(socket.connects).toBe(2)
    expect(given).toEqual({ token: 'T2' })
    socket.is('connect_error', Object.assign(new Error('no'), { data: { code: 'unauthenticated' } }))
    expect(told).toEqual([['expired']])
  })
})

test('where a WebSocket is never answered, the next try begins with polling', () => {
  socket.is('connect_error', new Error('websocket error'))
  expect(socket.io.opts.transports).toEqual(['websocket', 'polling'])
  socket.is('connect_error', new Error('timeout'))
  expect(socket.io.opts.transports).toEqual(['polling', 'websocket'])
})
