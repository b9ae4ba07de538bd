// An App is what a Follower is, made with the official client: it reconnects by
// itself, with its session where that works, and else asks for what it missed.
import { dial } from './client.js'
import { until } from './recorder.js'

export class App {
  seq = 0 // of the last event that came
  problems = [] // what came against the contract
  recovered = 0 // how often it came back with its session
  returned = 0 // how often with since
  status // of the latest connection_status

  #group
  #entered = false // joined_group has come in this session

  constructor(person, group, options = {}) {
    this.#group = group
    this.socket = dial(person.server, {
      auth: { token: person.token }, reconnection: true, reconnectionDelay: 20, reconnectionDelayMax: 200, ...options,
    })
    this.socket.on('connect', () => this.#connected())
    this.socket.onAny((event, data) => this.#event(event, data))
  }

  // A session that comes back has its channel, unless the connection was lost before
  // joined_group had come: that is known when all that was missed is there.
  #connected() {
    if (!this.socket.recovered) return this.#join()
    this.recovered += 1
    if (!this.#entered) this.socket.emit('get_notifications', () => this.#entered || this.#join())
  }

  #join() {
    if (this.seq > 0) this.returned += 1
    this.#entered = false
    this.socket.emit('join_group', { groupId: this.#group.id, since: this.seq })
  }

  #event(event, data) {
    if (event === 'connection_status') this.status = data.status
    if (event === 'joined_group') this.#entered = true
    if (event === 'joined_group' && (data.seq !== this.seq || data.resync)) this.problems.push(`joined_group with seq ${data.seq} came after ${this.seq}`)
    if (event === 'error') return this.#refused(data)
    if (event === 'joined_group' || data.seq === undefined) return
    if (data.seq !== this.seq + 1) this.problems.push(`${event} with seq ${data.seq} came after ${this.seq}`)
    this.seq = data.seq
  }

  #refused(error) {
    if (error.error !== 'rate_limited') return this.problems.push(JSON.stringify(error))
    setTimeout(() => this.socket.connected && !this.#entered && this.#join(), error.retryAfterMs)
  }

  reached(seq) {
    return until(() => this.seq >= seq, () => `seq ${seq} of the group, ${this.seq} has come`)
  }

  // drop cuts the connection; it comes back by itself.
  drop() {
    this.socket.io.engine?.transport.ws?.terminate()
  }

  close() {
    this.socket.disconnect()
  }
}
