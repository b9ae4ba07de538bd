// The line: one socket, which listens. What is done goes over REST where that has a path for it,
// so that it needs no socket. Reconnecting is ours, since the client's own waits out its pause
// when the network is back already.
import type { Socket } from 'socket.io-client'
import { Refused } from './api'
import type { EventData, GroupEvent } from './apply'
import { Together } from './together'

export type LineState = 'connecting' | 'live' | 'lost'

/** What the line tells. */
export interface Hears {
  state: (state: LineState) => void
  /** events of the groups that are listened to, in order, a few at a time. */
  events: (groupId: string, events: GroupEvent[]) => void
  joined: (groupId: string, seq: number, resync: boolean, online: string[]) => void
  presence: (groupId: string, userId: string, online: boolean) => void
  /** refused is told why a group cannot be listened to. */
  refused: (groupId: string, code: string) => void
  /** told is an event to this user alone. */
  told: (name: string, data: Record<string, unknown>) => void
  /** expired: the token is no longer good. */
  expired: () => void
}

export interface LiveOptions {
  base: URL
  token: () => string | undefined
  hears: Hears
}

interface JoinedGroup {
  groupId: string
  seq: number
  onlineUserIds: string[]
  resync?: boolean
}

const PAUSES = [200, 500, 1000, 2000, 4000, 8000] // ms between two tries to connect
const ANSWER = 10_000 // ms for the server to answer
const AGAIN = 2000 // ms until a channel is asked for again, where the server does not say
/** Refusals of a channel that pass. */
const PASSING = ['rate_limited', 'internal']
const PERSONAL = ['new_invitation', 'new_notification', 'notification_marked_read', 'invitation_accepted', 'invitation_rejected']

export class Live {
  #options: LiveOptions
  #socket: Socket | undefined
  #listening = new Map<string, () => number | undefined>()
  #together = new Together<Heard>((heard) => this.#tell(heard))
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  /** rejoin is the timer until a channel is asked for again. */
  #rejoin: ReturnType<typeof setTimeout> | undefined
  /** used is the token with which the socket connected. */
  #used: string | undefined
  #ended = false

  constructor(options: LiveOptions) {
    this.#options = options
  }

  /** start connects. The client is loaded only now: the first screen does not wait for it. */
  async start(): Promise<void> {
    this.#options.hears.state('connecting')
    let io
    try {
      ;({ io } = await import('socket.io-client'))
    } catch {
      this.#options.hears.state('lost')
      if (!this.#ended) this.#timer = setTimeout(() => void this.start(), 2000)
      return
    }
    if (this.#ended) return
    const { base, token } = this.#options
    this.#socket = io(`${base.origin}/zikr-app`, {
      path: `${base.pathname}socket.io/`,
      transports: ['websocket', 'polling'],
      tryAllTransports: true, // some proxies let no WebSocket through
      reconnection: false,
      timeout: 8000,
      autoConnect: false,
      auth: (give: (value: object) => void) => give({ token: (this.#used = token()) }),
    })
    this.#hear(this.#socket)
    addEventListener('online', this.#now)
    document.addEventListener('visibilitychange', this.#now)
    this.#socket.connect()
  }

  stop(): void {
    this.#ended = true
    clearTimeout(this.#timer)
    clearTimeout(this.#rejoin)
    this.#together.close()
    removeEventListener('online', this.#now)
    document.removeEventListener('visibilitychange', this.#now)
    this.#socket?.disconnect()
  }

  /** listen joins a group's channel, now and after each reconnect. seq is how far it is known. */
  listen(groupId: string, seq: () => number | undefined): void {
    this.#listening.set(groupId, seq)
    if (this.#socket?.connected) this.#join(groupId)
  }

  leave(groupId: string): void {
    this.#listening.delete(groupId)
    if (this.#socket?.connected) this.#socket.emit('leave_group', { groupId })
  }

  /** ask sends an event that is answered. It throws Refused, "offline" where no line is. */
  async ask<T>(event: string, payload: object): Promise<T> {
    if (!this.#socket?.connected) throw new Refused('offline')
    const answer: Ack<T> = await this.#socket
      .timeout(ANSWER)
      .emitWithAck(event, payload)
      .catch(() => {
        throw new Refused('offline')
      })
    if (answer.ok) return answer.data
    throw new Refused(answer.error.code, answer.error.retryAfterMs)
  }

  #hear(socket: Socket): void {
    const { hears } = this.#options
    socket.on('connect', () => {
      this.#tries = 0
      hears.state('live')
      this.#joinAll()
    })
    socket.on('disconnect', (reason) => {
      hears.state('lost')
      if (reason !== 'io client disconnect') this.#later()
    })
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      hears.state('lost')
      // Nobody refused the WebSocket, and nobody answered it: the next try begins with the other way.
      if (error.message === 'timeout') socket.io.opts.transports?.reverse()
      if (error.data?.code === 'token_expired' || error.data?.code === 'unauthenticated') this.#expired()
      else this.#later()
    })
    socket.onAny((name: string, data: Record<string, unknown>) => this.#take(name, data))
  }

  #take(name: string, data: Record<string, unknown>): void {
    const { hears } = this.#options
    const groupId = typeof data?.['groupId'] === 'string' ? data['groupId'] : ''
    if (typeof data?.['seq'] === 'number' && groupId && name !== 'joined_group') {
      this.#together.add({ groupId, event: { name, data: data as unknown as EventData } })
    } else if (name === 'user_online' || name === 'user_offline') {
      this.#together.add({ groupId, userId: String(data['userId']), online: name === 'user_online' })
    } else if (name === 'connection_status' && data['status'] === 'expired') {
      this.#expired()
    } else if (PERSONAL.includes(name)) {
      hears.told(name, data)
    }
  }

  #joinAll(): void {
    clearTimeout(this.#rejoin)
    for (const groupId of this.#listening.keys()) this.#join(groupId)
  }

  #join(groupId: string): void {
    const seq = this.#listening.get(groupId)?.()
    const payload = seq === undefined ? { groupId } : { groupId, since: seq }
    const { hears } = this.#options
    this.#socket?.timeout(ANSWER).emit('join_group', payload, (late: Error | null, answer: Ack<JoinedGroup>) => {
      if (!this.#listening.has(groupId)) return
      if (late) return this.#joinLater()
      this.#together.flush() // what was replayed came before
      if (answer.ok) hears.joined(groupId, answer.data.seq, answer.data.resync ?? false, answer.data.onlineUserIds)
      else if (PASSING.includes(answer.error.code)) this.#joinLater(answer.error.retryAfterMs)
      else hears.refused(groupId, answer.error.code)
    })
  }

  /** joinLater asks for the channels again: the line is there, but a group is not heard. In a channel already, it is confirmed once more. */
  #joinLater(pause = AGAIN): void {
    clearTimeout(this.#rejoin)
    this.#rejoin = setTimeout(() => {
      if (this.#socket?.connected) this.#joinAll()
    }, pause)
  }

  /** tell tells the events of each group, and then who came and went: whoever came is a member by an event of before. */
  #tell(heard: Heard[]): void {
    const { hears } = this.#options
    const byGroup = new Map<string, GroupEvent[]>()
    for (const one of heard) {
      if (!('event' in one)) continue
      const list = byGroup.get(one.groupId)
      if (list) list.push(one.event)
      else byGroup.set(one.groupId, [one.event])
    }
    for (const [groupId, events] of byGroup) hears.events(groupId, events)
    for (const one of heard) if ('online' in one) hears.presence(one.groupId, one.userId, one.online)
  }

  /** expired tells that the token is no longer good, unless it has been renewed since the socket connected. */
  #expired(): void {
    if (this.#used === this.#options.token()) this.#options.hears.expired()
    else this.#later()
  }

  #later(): void {
    clearTimeout(this.#timer)
    const pause = PAUSES[Math.min(this.#tries++, PAUSES.length - 1)] ?? 8000
    this.#timer = setTimeout(() => this.#socket?.connect(), pause * (0.75 + Math.random() / 2))
  }

  /** now connects at once when the network, or the person, is back. */
  #now = (): void => {
    if (document.hidden || this.#ended || !this.#socket || this.#socket.connected) return
    clearTimeout(this.#timer)
    this.#tries = 0
    this.#socket.connect()
  }
}

/** Heard is an event of a group, or who came and went: they are told in the order in which they came. */
type Heard = { groupId: string; event: GroupEvent } | { groupId: string; userId: string; online: boolean }

type Ack<T> = { ok: true; data: T } | { ok: false; error: { code: string; retryAfterMs?: number } }
