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
const PERSONAL = ['new_invitation', 'new_notification', 'notification_marked_read', 'invitation_accepted', 'invitation_rejected']

export class Live {
  #options: LiveOptions
  #socket: Socket | undefined
  #listening = new Map<string, () => number | undefined>()
  #together = new Together<[string, GroupEvent]>((events) => this.#tell(events))
  #tries = 0
  #timer: ReturnType<typeof setTimeout> | undefined
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
      reconnection: false,
      timeout: 8000,
      autoConnect: false,
      auth: (give: (value: object) => void) => give({ token: token() }),
    })
    this.#hear(this.#socket)
    addEventListener('online', this.#now)
    document.addEventListener('visibilitychange', this.#now)
    this.#socket.connect()
  }

  stop(): void {
    this.#ended = true
    clearTimeout(this.#timer)
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

  /** ask does what the API has no path for in the contract. It throws Refused, "offline" where no line is. */
  async ask<T>(event: string, payload: object): Promise<T> {
    if (!this.#socket?.connected) throw new Refused('offline')
    const answer: Ack<T> = await this.#socket
      .timeout(10_000)
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
      for (const groupId of this.#listening.keys()) this.#join(groupId)
    })
    socket.on('disconnect', (reason) => {
      hears.state('lost')
      if (reason !== 'io client disconnect') this.#later()
    })
    socket.on('connect_error', (error: Error & { data?: { code?: string } }) => {
      hears.state('lost')
      if (error.data?.code === 'token_expired' || error.data?.code === 'unauthenticated') hears.expired()
      else this.#later()
    })
    socket.onAny((name: string, data: Record<string, unknown>) => this.#take(name, data))
  }

  #take(name: string, data: Record<string, unknown>): void {
    const { hears } = this.#options
    const groupId = typeof data?.['groupId'] === 'string' ? data['groupId'] : ''
    if (typeof data?.['seq'] === 'number' && groupId && name !== 'joined_group') {
      this.#together.add([groupId, { name, data: data as unknown as EventData }])
    } else if (name === 'user_online' || name === 'user_offline') {
      hears.presence(groupId, String(data['userId']), name === 'user_online')
    } else if (name === 'connection_status' && data['status'] === 'expired') {
      hears.expired()
    } else if (PERSONAL.includes(name)) {
      hears.told(name, data)
    }
  }

  #join(groupId: string): void {
    const seq = this.#listening.get(groupId)?.()
    const payload = seq === undefined ? { groupId } : { groupId, since: seq }
    const { hears } = this.#options
    this.#socket?.timeout(10_000).emit('join_group', payload, (late: Error | null, answer: Ack<JoinedGroup>) => {
      if (late || !this.#listening.has(groupId)) return
      this.#together.flush() // what was replayed came before
      if (answer.ok) hears.joined(groupId, answer.data.seq, answer.data.resync ?? false, answer.data.onlineUserIds)
      else hears.refused(groupId, answer.error.code)
    })
  }

  #tell(waiting: [string, GroupEvent][]): void {
    const byGroup = new Map<string, GroupEvent[]>()
    for (const [groupId, event] of waiting) {
      const list = byGroup.get(groupId)
      if (list) list.push(event)
      else byGroup.set(groupId, [event])
    }
    for (const [groupId, events] of byGroup) this.#options.hears.events(groupId, events)
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

type Ack<T> = { ok: true; data: T } | { ok: false; error: { code: string; retryAfterMs?: number } }
