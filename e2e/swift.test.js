// Socket.IO-Client-Swift 16, frame for frame: fixtures/swift has what it sends and what it needs to hear,
// for both versions and all transports.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { Server, until, within } from './harness/index.js'

const folder = new URL('./fixtures/swift/', import.meta.url)

// Player plays one fixture against a server.
class Player {
  #waiting // the answer of the GET that is on its way
  #packets = [] // of GETs that were answered
  #frames = []
  #sid = ''

  constructor(server, name, token) {
    this.server = server
    this.token = token
    const lines = readFileSync(new URL(name, folder), 'utf8').split('\n').filter((line) => line && !line.startsWith('# '))
    const drain = lines.indexOf('drain')
    this.before = lines.slice(0, drain)
    this.after = lines.slice(drain + 1)
  }

  async play(lines) {
    for (const line of lines) {
      const [, what, rest = ''] = /^(\S+) ?(.*)$/.exec(line)
      try {
        await within(this.#step(what, rest), 'the step')
      } catch (error) {
        throw new Error(`${line}\n${error.message}`, { cause: error })
      }
    }
  }

  async #step(what, rest) {
    switch (what) {
      case 'open': return this.#open(rest)
      case '>': return this.ws.send(this.#fill(rest))
      case '<': return this.#expect(rest, await this.#next())
      case 'end': return assert.equal(await this.#next(), undefined, 'the end')
      case 'get': return void (this.#waiting ??= this.#get(rest))
      case 'post': return this.#post(rest)
      case 'fails': return this.#fails()
      default: return this.#answer(Number(what), rest)
    }
  }

  async #open(query) {
    this.ws = new WebSocket(`${this.server.url.replace('http', 'ws')}/socket.io/?${this.#fill(query)}`, { perMessageDeflate: false })
    this.ws.on('message', (data) => this.#frames.push(String(data)))
    this.ws.on('close', () => this.#frames.push(undefined))
    await new Promise((resolve, reject) => this.ws.once('open', resolve).once('error', reject))
  }

  async #next() {
    await until(() => this.#frames.length > 0, 'a frame')
    return this.#frames.shift()
  }

  async #get(query) {
    this.query = query
    const response = await fetch(`${this.server.url}/socket.io/?${this.#fill(query)}`)
    return { status: response.status, text: await response.text() }
  }

  async #post(body) {
    const text = this.#lengths(this.#fill(body))
    const query = this.query.includes('&sid=') ? this.query : `${this.query}&sid={sid}`
    const response = await fetch(`${this.server.url}/socket.io/?${this.#fill(query)}`, {
      method: 'POST', body: text, headers: { 'content-type': 'text/plain; charset=UTF-8' },
    })
    assert.deepEqual([response.status, await response.text()], [200, 'ok'])
  }

  // answer takes the packets of a line: they may come with one GET or several.
  async #answer(status, line) {
    if (status !== 200) return assert.equal((await this.#take()).status, status)
    for (const packet of unpacked(line)) {
      while (this.#packets.length === 0) {
        const answer = await this.#take()
        assert.equal(answer.status, 200, answer.text)
        this.#packets.push(...unpacked(answer.text))
      }
      this.#expect(packet, this.#packets.shift())
    }
  }

  async #take() {
    const answer = await (this.#waiting ?? this.#get(this.query))
    this.#waiting = undefined
    return answer
  }

  async #fails() {
    assert.deepEqual(this.#packets, [])
    for (let answer = await this.#take(); answer.status === 200; answer = await this.#take()) {
      assert.ok(!unpacked(answer.text).includes('1'), `a close packet: ${answer.text}`)
    }
  }

  // expect compares what came with a pattern; the session's id is learned from it.
  #expect(pattern, got) {
    assert.notEqual(got, undefined, 'the WebSocket is closed')
    const parts = this.#fill(pattern, true).split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('\\{sid\\}', '(?<sid>[\\w-]+)'))
    const match = new RegExp(`^${parts.join('[^]*')}$`).exec(got)
    assert.ok(match, `got ${got}`)
    this.#sid ||= match.groups?.sid
  }

  #fill(text, pattern = false) {
    const filled = text.replaceAll('{token}', this.token).replaceAll('␞', '\x1e')
    return this.#sid || !pattern ? filled.replaceAll('{sid}', this.#sid) : filled
  }

  #lengths(text) {
    return text.replace(/#([^#]*)/g, (_, packet) => `${packet.length}:${packet}`)
  }
}

// unpacked are the packets of a payload of either protocol, or of a line.
function unpacked(payload) {
  if (payload.startsWith('#')) return payload.slice(1).split('#')
  if (!/^\d+:/.test(payload)) return payload.split(/[\x1e␞]/)
  const packets = []
  for (let rest = payload; rest;) {
    const [, digits] = /^(\d+):/.exec(rest) ?? assert.fail(`no length: ${rest}`)
    const packet = rest.slice(digits.length + 1, digits.length + 1 + Number(digits))
    assert.equal(packet.length, Number(digits), 'the length of the last packet')
    packets.push(packet)
    rest = rest.slice(digits.length + 1 + packet.length)
  }
  return packets
}

test('Socket.IO-Client-Swift 16, both versions, all transports, to the end of the server', async (t) => {
  const server = new Server()
  t.after(() => server.stop())
  await server.start()
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  assert.equal(names.length, 7)
  const players = []
  for (const name of names) {
    await t.test(name, async () => {
      const person = await server.person()
      const player = new Player(server, name, person.token)
      await player.play(player.before)
      players.push([name, player])
    })
  }
  server.signal('SIGTERM')
  await Promise.all(players.map(([name, player]) => t.test(`${name}, to the end`, () => player.play(player.after))))
  const { code } = await server.exited()
  assert.equal(code, 0)
})
