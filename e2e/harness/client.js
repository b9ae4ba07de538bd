// A connection of the official client, which records all that it is told and
// holds it against the contract: names, fields, types, and the order of seq.
import assert from 'node:assert/strict'
import { io } from 'socket.io-client'
import { confirmations, eventProblem } from './contract.js'
import { DEADLINE, Recorder, until, within } from './recorder.js'

export const namespaces = ['/zikr-app', '/']
export const transports = {
  websocket: ['websocket'],
  polling: ['polling'],
  upgrade: ['polling', 'websocket'],
}

// dial opens a socket without waiting for anything. options: namespace, transports,
// and whatever else the official client takes.
export function dial(server, { namespace = '/zikr-app', ...options } = {}) {
  return io(server.url + namespace, { transports: transports.websocket, forceNew: true, reconnection: false, ...options })
}

// connectError dials and returns the CONNECT_ERROR that must come.
export async function connectError(server, options) {
  const socket = dial(server, options)
  try {
    return await within(new Promise((resolve, reject) => {
      socket.once('connect_error', resolve)
      socket.once('connect', () => reject(new Error('the server let the connection in')))
    }), 'connect_error')
  } finally {
    socket.disconnect()
  }
}

// connect opens a connection of a person, and closes and checks it when the test ends.
export async function connect(t, person, options = {}) {
  const client = new Client(person.server, person, options)
  t.after(() => client.close())
  await client.opened()
  return client
}

export class Client {
  violations = []
  recorder = new Recorder(({ event, data }) => `${event} ${JSON.stringify(data)}`)

  #channels = new Map() // group whose channel was joined -> seq of the last event that came
  #replays = new Map() // the same of a channel that is being joined with since
  #gone // fails when the connection ends
  #answered = false // an invitation: its acceptance joins a channel without joined_group

  constructor(server, person, options = {}) {
    this.person = person
    const { socket, ...rest } = options
    this.socket = socket ?? dial(server, { auth: { token: person.token }, ...rest })
    this.socket.onAny((event, ...args) => this.#record(event, args))
    this.#gone = new Promise((_, reject) => {
      this.socket.on('disconnect', (reason) => {
        if (rest.reconnection) return // it comes back by itself
        this.reason = reason
        this.#channels.clear()
        this.recorder.end(`disconnected (${reason})`)
        reject(new Error(`disconnected (${reason})`))
      })
    })
    this.#gone.catch(() => {}) // nobody may be waiting
  }

  async opened() {
    const refused = new Promise((_, reject) => this.socket.once('connect_error', (e) => reject(new Error(`connect_error: ${e.message} ${JSON.stringify(e.data)} ${e.description ?? ''}`))))
    const { userId } = await Promise.race([this.next('connection_status', (e) => e.status === 'connected'), refused])
    assert.equal(userId, this.person.id, 'connection_status.userId')
  }

  #record(event, args) {
    const wrong = eventProblem(event, args, this.socket._pid !== undefined)
    if (wrong) this.violations.push(wrong)
    else this.#follow(event, args[0])
    this.recorder.add({ event, data: args[0] })
  }

  // follow checks that a channel brings every seq once, in order, without a gap,
  // and nothing to who is not in it.
  #follow(event, data) {
    if (event === 'joined_group') return this.#joined(data)
    if (event === 'left_group') return this.#channels.delete(data.groupId)
    if (event === 'error' || data.seq === undefined) return
    const last = this.#channels.get(data.groupId) ?? this.#replays.get(data.groupId)
    if (last === undefined && !this.#answered) this.violations.push(`${event} came without joining its channel`)
    if (last !== undefined && data.seq !== last + 1) this.violations.push(`${event} with seq ${data.seq} came after ${last}`)
    const where = this.#replays.has(data.groupId) ? this.#replays : this.#channels
    where.set(data.groupId, data.seq)
  }

  #joined({ groupId, seq, resync }) {
    const last = this.#replays.get(groupId)
    this.#replays.delete(groupId)
    if (this.#channels.has(groupId)) return // joined before: it brings the rest in its own time
    if (last !== undefined && !resync && last !== seq) this.violations.push(`joined_group with seq ${seq} came after ${last}`)
    this.#channels.set(groupId, seq)
  }

  // next takes the next event of a name that was not taken yet.
  async next(event, where = () => true, timeout = DEADLINE) {
    const item = await this.recorder.take((i) => i.event === event && where(i.data), event, timeout)
    return item.data
  }

  // all returns every event of a name that came, taken or not.
  all(event, where = () => true) {
    return this.recorder.items.filter((i) => i.event === event && where(i.data)).map((i) => i.data)
  }

  // logged returns what came from a group's log: the events with a seq.
  logged(groupId) {
    return this.recorder.items.filter((i) => i.event !== 'joined_group' && i.data?.groupId === groupId && i.data.seq !== undefined)
  }

  // send emits an event and returns its ack.
  send(event, payload) {
    this.#answered ||= event === 'respond_to_invitation'
    if (event === 'join_group') this.expectReplay(payload)
    const args = payload === undefined ? [] : [payload]
    const ack = new Promise((resolve) => this.socket.emit(event, ...args, resolve))
    return within(Promise.race([ack, this.#gone]), `the ack of ${event} ${JSON.stringify(payload)?.slice(0, 200)}`)
  }

  // expectReplay notes that a channel is joined by what is sent: what comes of it is checked from since on.
  expectReplay(payload) {
    if (Number.isInteger(payload?.since) && !this.#channels.has(payload.groupId)) this.#replays.set(payload.groupId, payload.since)
  }

  // ask sends an event, and returns the payload of its confirmation, which must
  // have come before the ack and say the same.
  async ask(event, payload) {
    const ack = await this.send(event, payload)
    assert.equal(ack?.ok, true, `${event} ${JSON.stringify(payload)}: ${JSON.stringify(ack)}`)
    assert.deepEqual(Object.keys(ack).sort(), ['data', 'ok'], 'the fields of the ack')
    const same = (i) => i.event === confirmations[event] && equal(i.data, ack.data)
    assert.ok(this.recorder.now(same), `${confirmations[event]} must come before the ack and say the same as ${JSON.stringify(ack.data)}; came:\n${this.recorder.tail()}`)
    return ack.data
  }

  // refused sends an event that must be answered with an error, as an event and
  // in the ack, and returns the error event.
  async refused(code, event, payload) {
    const ack = await this.send(event, payload)
    const what = `${event} ${JSON.stringify(payload)?.slice(0, 200)}`
    assert.equal(ack?.ok, false, `${what}: ${JSON.stringify(ack)}`)
    assert.equal(ack.error.code, code, `${what}: ${JSON.stringify(ack)}`)
    const named = [...event].slice(0, 64).join('')
    const same = (i) => i.event === 'error' && i.data.error === code && i.data.event === named && i.data.message === ack.error.message
    const item = this.recorder.now(same)
    assert.ok(item, `${what}: an error event must come before the ack; came:\n${this.recorder.tail()}`)
    assert.equal(ack.error.retryAfterMs, item.data.retryAfterMs, 'retryAfterMs in both')
    return item.data
  }

  join(group, since) {
    return this.ask('join_group', { groupId: group.id, ...(since === undefined ? {} : { since }) })
  }

  leave(group) {
    return this.ask('leave_group', { groupId: group.id })
  }

  // reached waits until the channel has brought everything up to seq.
  reached(groupId, seq) {
    return until(() => (this.#channels.get(groupId) ?? 0) >= seq, `seq ${seq} of the group; came so far:\n${this.recorder.tail()}`)
  }

  // ended waits for the end of the connection and returns the client's reason.
  async ended(timeout) {
    await until(() => this.reason, 'the connection to end', timeout)
    return this.reason
  }

  // drop cuts the TCP connection, as a tunnel does to a train.
  drop() {
    this.socket.io.engine.transport.ws.terminate()
  }

  close() {
    this.socket.disconnect()
    assert.deepEqual(this.violations.slice(0, 5), [], 'what the server sent against the contract')
  }
}

function equal(a, b) {
  try {
    assert.deepEqual(a, b)
    return true
  } catch {
    return false
  }
}

// settled makes sure that everything that a group's members were to be told has
// arrived: the admin changes the group once more, and each client waits for that.
export async function settled(admin, group, ...clients) {
  fence += 1
  const { seq } = await admin.patch(`/groups/${group.id}`, { hatmGoal: fence })
  await Promise.all(clients.map((client) => client.reached(group.id, seq)))
  return seq
}
let fence = 1000
