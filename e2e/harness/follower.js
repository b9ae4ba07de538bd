// A Follower is one member's app reduced to what it must do: it listens to one
// group's channel, sees every seq once and in order, and when its connection is
// lost it comes back, with its session (connection state recovery) or with since. It
// reads frames from the bytes, so that a crowd of them costs less than the server.
import { randomBytes } from 'node:crypto'
import { connect as tcp } from 'node:net'
import { pause, until, within } from './recorder.js'

const NAMESPACE = '/zikr-app,'
const PATIENCE = 120_000 // ms for an ack: crowds wait for one another
const EVENT = `42${NAMESPACE}["`

export class Follower {
  seq = 0 // of the last event that came
  problems = [] // what came against the contract
  recovered = 0 // how often it came back with its session
  returned = 0 // how often with since
  resyncs = 0
  status // of the latest connection_status

  #group
  #recovers
  #hear
  #token
  #server
  #socket
  #rest = Buffer.alloc(0) // the beginning of a frame
  #session // { sid, pid } of the latest CONNECT
  #entered = false // its session has the channel
  #latest // the text of the last event, which ends with its offset
  #replaying = false
  #acks = new Map() // id -> what takes the answer
  #lastAck = 0
  #waiting = new Map() // packet type -> what takes the next one

  // options: recovers, to come back with the session where that works; hear, to be told
  // of every event of the log: (event, data).
  constructor(person, group, { recovers = false, hear } = {}) {
    Object.assign(this, { person, gone: true })
    this.#server = person.server
    this.#token = person.token
    this.#group = group
    this.#recovers = recovers
    this.#hear = hear
  }

  // come connects and enters the channel: what it missed has come when this returns,
  // unless it came back with its session, when it follows.
  async come() {
    if (await this.open()) return void (this.recovered += 1)
    this.#entered = false
    await this.#join()
    this.#entered = true
  }

  // open connects, and reports whether that is the session from before.
  async open() {
    await this.#dial()
    const session = JSON.parse(await this.#ask('40', `40${NAMESPACE}${JSON.stringify({ token: this.#token, ...this.#claim() })}`))
    const again = session.sid === this.#session?.sid
    this.#session = session
    return again
  }

  #claim() {
    if (!this.#recovers || !this.#entered) return {}
    return { pid: this.#session.pid, offset: this.#latest.slice(this.#latest.lastIndexOf(',"') + 2, -2) }
  }

  async #join() {
    const since = this.seq
    this.#replaying = true
    const { ok, error } = await this.send('join_group', { groupId: this.#group.id, since })
    this.#replaying = false
    if (ok) return void (this.returned += since > 0 ? 1 : 0)
    if (error.code !== 'rate_limited') throw new Error(`join_group since ${since}: ${JSON.stringify(error)}`)
    await pause(error.retryAfterMs)
    return this.#join()
  }

  // #dial opens the WebSocket (RFC 6455) and reads the Engine.IO handshake.
  #dial() {
    const socket = tcp(this.#server.port, '127.0.0.1').setNoDelay()
    Object.assign(this, { gone: false, status: undefined })
    this.#socket = socket
    this.#rest = undefined // until the answer to the request is over
    socket.on('data', (chunk) => this.#read(chunk)).on('error', () => {}).on('close', () => this.#lost(socket))
    socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:${this.#server.port}\r\nUpgrade: websocket\r\n`
      + `Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`)
    return this.#ask('0')
  }

  #lost(socket) {
    if (socket !== this.#socket) return
    this.gone = true
    for (const take of [...this.#acks.values(), ...this.#waiting.values()]) take()
    this.#acks.clear()
    this.#waiting.clear()
  }

  // #ask sends a frame, if one is given, and returns the text of the next packet of a type.
  async #ask(type, frame) {
    const answer = new Promise((resolve) => this.#waiting.set(type, resolve))
    if (frame) this.#write(frame)
    const text = await within(answer, `a packet ${type}`)
    if (text === undefined) throw new Gone()
    return text
  }

  // send emits an event and returns its ack. It throws Gone where the connection is lost first.
  async send(event, payload) {
    if (this.gone) throw new Gone()
    const id = ++this.#lastAck
    const answer = new Promise((resolve) => this.#acks.set(String(id), resolve))
    this.#write(`42${NAMESPACE}${id}${JSON.stringify([event, payload])}`)
    const ack = await within(answer, `the ack of ${event}`, PATIENCE)
    if (ack === undefined) throw new Gone()
    return ack
  }

  // #write sends a text frame. Its mask is zero, which changes nothing.
  #write(text) {
    const body = Buffer.from(text)
    const head = body.length < 126
      ? Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0])
      : Buffer.from([0x81, 0x80 | 126, body.length >> 8, body.length & 0xff, 0, 0, 0, 0])
    this.#socket.write(Buffer.concat([head, body]))
  }

  #read(chunk) {
    if (this.#rest === undefined) {
      const end = chunk.indexOf('\r\n\r\n') // the answer is short: it comes in one piece
      if (!chunk.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101'))) this.problems.push(chunk.toString())
      chunk = chunk.subarray(end + 4)
      this.#rest = Buffer.alloc(0)
    }
    let bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk
    for (let frame = nextFrame(bytes); frame; frame = nextFrame(bytes)) {
      bytes = bytes.subarray(frame.end)
      if (frame.opcode === 1) this.#packet(frame.payload.latin1Slice()) // names in it are not looked at
    }
    this.#rest = bytes
  }

  #packet(text) {
    if (text.startsWith(EVENT)) this.#event(text)
    else if (text === '2') this.#write('3')
    else if (text.startsWith('43')) this.#ack(text.slice(2 + NAMESPACE.length))
    else if (text.startsWith('40')) this.#take('40', text.slice(2 + NAMESPACE.length))
    else if (text.startsWith('0')) this.#take('0', text)
    else if (!text.startsWith('6') && !text.startsWith('1')) this.problems.push(text)
  }

  #take(type, text) {
    const take = this.#waiting.get(type)
    this.#waiting.delete(type)
    take?.(text)
  }

  #ack(text) {
    const at = text.indexOf('[')
    const take = this.#acks.get(text.slice(0, at))
    if (!take) return this.problems.push(`a second ack ${text}`)
    this.#acks.delete(text.slice(0, at))
    take(JSON.parse(text.slice(at))[0])
  }

  #event(text) {
    this.#latest = text
    if (text.startsWith('connection_status', EVENT.length)) return (this.status = /"status":"(\w+)"/.exec(text)[1])
    const at = text.indexOf('"seq":')
    if (at < 0) return
    const seq = parseInt(text.slice(at + 6, at + 22), 10)
    if (text.startsWith('joined_group', EVENT.length)) return this.#joined(seq, text)
    if (seq !== this.seq + 1) this.problems.push(`seq ${seq} came after ${this.seq}: ${text.slice(0, 60)}`)
    this.seq = seq
    this.#hear?.(text.slice(EVENT.length, text.indexOf('"', EVENT.length)), JSON.parse(text.slice(text.indexOf('[')))[1])
  }

  #joined(seq, text) {
    if (text.includes('"resync":true')) {
      this.resyncs += 1
      this.seq = seq
    }
    if (this.#replaying && seq !== this.seq) this.problems.push(`joined_group with seq ${seq} came after ${this.seq}`)
  }

  // reached waits until everything up to seq has come.
  reached(seq) {
    return until(() => this.seq >= seq, () => `seq ${seq} of the group, ${this.seq} has come`)
  }

  // drop cuts the connection, as a tunnel does to a train.
  drop() {
    this.#socket?.destroy()
    if (this.#socket) this.#lost(this.#socket)
  }
}

// Gone says that a connection was lost: whether what was sent has been done is not known.
export class Gone extends Error {}

// nextFrame finds the first whole frame of a server (RFC 6455, section 5.2); undefined if there is none.
function nextFrame(bytes) {
  if (bytes.length < 2) return undefined
  let [start, length] = [2, bytes[1] & 0x7f]
  if (length === 126) [start, length] = [4, bytes.length < 4 ? Infinity : bytes.readUInt16BE(2)]
  else if (length === 127) [start, length] = [10, bytes.length < 10 ? Infinity : Number(bytes.readBigUInt64BE(2))]
  const end = start + length
  return bytes.length < end ? undefined : { opcode: bytes[0] & 0x0f, payload: bytes.subarray(start, end), end }
}
