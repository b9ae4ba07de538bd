// Real frames: what the official client would never send.
import { connect as tcp } from 'node:net'
import { WebSocket } from 'ws'
import { DEADLINE, Recorder, until, within } from './recorder.js'

// RawSocket speaks Engine.IO over WebSocket, frame by frame.
export class RawSocket {
  frames = new Recorder(String)

  // open connects and reads the handshake. options: query and headers of the request;
  // silent never answers a ping.
  static async open(t, server, { query = '', headers = {}, silent = false } = {}) {
    const raw = new RawSocket(server, query, headers, silent)
    t.after(() => raw.ws.terminate())
    await within(raw.connected, 'the WebSocket to open')
    raw.handshake = JSON.parse((await raw.next(/^0/)).slice(1))
    return raw
  }

  constructor(server, query, headers, silent) {
    this.ws = new WebSocket(`${server.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`, { headers, perMessageDeflate: false })
    this.connected = new Promise((resolve, reject) => this.ws.once('open', resolve).once('error', reject))
    this.ws.on('error', () => {}) // the close event follows
    this.ws.on('message', (data, binary) => this.#frame(binary ? data : String(data), silent))
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
      this.frames.end(`closed (${code} ${reason})`)
    })
  }

  #frame(data, silent) {
    if (data === '2' && !silent) this.ws.send('3')
    this.frames.add(data)
  }

  send(frame) {
    this.ws.send(frame)
  }

  // next takes the next frame that matches.
  next(pattern, timeout) {
    return this.frames.take((f) => typeof f === 'string' && pattern.test(f), `a frame ${pattern}`, timeout)
  }

  // enter connects a person to a namespace.
  async enter(person, namespace = '/zikr-app') {
    const prefix = namespace === '/' ? '' : `${namespace},`
    this.send(`40${prefix}${JSON.stringify({ token: person.token })}`)
    await this.next(new RegExp(`^40${prefix}`))
    await this.next(/connection_status/)
    return this
  }

  // ended waits until the server has closed the connection.
  async ended(timeout = DEADLINE) {
    await until(() => this.closed, `the connection to be closed; came so far:\n${this.frames.tail()}`, timeout)
    return this.closed
  }

  get open() {
    return this.closed === undefined && this.ws.readyState === WebSocket.OPEN
  }
}

// RawPolling speaks Engine.IO over long-polling, request by request.
export class RawPolling {
  static async open(server, options = {}) {
    const polling = new RawPolling(server)
    const answer = await polling.request('GET', undefined, options)
    if (answer.status !== 200) throw new Error(`handshake: ${answer.status} ${answer.text}`)
    polling.handshake = JSON.parse(answer.text.slice(1))
    polling.sid = polling.handshake.sid
    return polling
  }

  constructor(server) {
    this.url = `${server.url}/socket.io/?EIO=4&transport=polling`
  }

  async request(method, body, { query = '', headers = {}, sid = this.sid } = {}) {
    const response = await fetch(this.url + (sid ? `&sid=${sid}` : '') + query, { method, body, headers })
    return { status: response.status, headers: response.headers, text: await response.text() }
  }

  get(options) {
    return this.request('GET', undefined, options)
  }

  post(body, options) {
    return this.request('POST', body, { ...options, headers: { 'content-type': 'text/plain;charset=UTF-8', ...options?.headers } })
  }
}

// exchange sends bytes over TCP and returns all that comes until the server
// closes. pieces are sent one after another, each once the one before is written;
// a piece that is a function is called and awaited instead.
export async function exchange(server, ...pieces) {
  const socket = tcp(server.port, '127.0.0.1')
  socket.setEncoding('latin1')
  let text = ''
  const closed = new Promise((resolve) => {
    socket.on('data', (data) => (text += data))
    socket.on('error', () => {}) // a reset is an answer too: close follows
    socket.on('close', resolve)
  })
  try {
    for (const piece of pieces) {
      if (typeof piece === 'function') await piece()
      else await new Promise((resolve) => socket.write(piece, 'latin1', resolve))
    }
    await within(closed, 'the server to close the connection')
    return text
  } finally {
    socket.destroy()
  }
}
