// The group that is open: what is known of it, what happens in it, and what one does in it.
import { codeOf, Refused } from '../core/api'
import type { EventData, GroupEvent } from '../core/apply'
import type { Counting } from '../core/apply'
import { own, ownCount } from '../core/apply'
import { dayOf } from '../core/days'
import { Follower } from '../core/follow'
import type { Group, Hatm, Pora, WireSnapshot, Zikr } from '../core/model'
import { normal } from '../core/model'
import type { Home } from './home.svelte'
import { tell } from './news'

/** FeedItem is something that happened today. */
export interface FeedItem {
  name: string
  data: EventData
}

/** Undone is how much was taken back: countings, and juz that are free again. */
export interface Undone {
  counts: number
  poras: number
}

const FEED = 30 // the newest, of today
const PAUSE = 1000 // ms between two changes of the list of today
const AGAIN = 3000 // ms until a snapshot that could not be read is asked for again, where the server does not say
const MANY = 3 // events in one moment, with which nothing is moved gently any more

export class GroupView {
  readonly id: string
  group = $state<Group>()
  /** seenAt is when what is shown was seen, where it comes from the last time. */
  seenAt = $state<Date>()
  /** failed is why the group cannot be shown: a code. */
  failed = $state('')
  feed = $state.raw<FeedItem[]>([])
  /** looked is the number of the hatm that one looks at; 0: none was chosen yet. */
  looked = $state(0)
  /** completed is the hatm that was completed just now; 0 for none. */
  completed = $state(0)

  isAdmin = $derived.by(() => this.group?.adminId === this.#home.me.id)
  isMember = $derived.by(() => this.group?.members.some((m) => m.userId === this.#home.me.id) ?? false)
  here = $derived.by(() => this.group?.members.filter((m) => m.online).length ?? 0)

  /** busy: so much happens that colours change at once. */
  busy = $state(false)

  #remembered: Promise<void> | undefined
  #news: GroupEvent[] = []
  #pause: ReturnType<typeof setTimeout> | undefined
  #again: ReturnType<typeof setTimeout> | undefined
  #home: Home
  #follower: Follower

  constructor(home: Home, id: string) {
    this.#home = home
    this.id = id
    this.#follower = this.#follow()
  }

  get seq(): number | undefined {
    return this.#follower.stale ? undefined : this.group?.seq
  }

  /** open shows what was seen last, and then what is. */
  async open(): Promise<void> {
    await this.remember()
    if (!this.seenAt || this.#home.line.state !== 'live') await this.#follower.mend()
    void this.#today()
  }

  /** remember shows what was seen last, if anything was; asked again, it waits for the same. */
  remember(): Promise<void> {
    return (this.#remembered ??= this.#remember())
  }

  close(): void {
    clearTimeout(this.#pause)
    clearTimeout(this.#again)
    if (this.group) this.#keep()
  }

  hear(events: GroupEvent[]): void {
    if (!this.#follower.hear(events)) {
      this.#gone('group_deleted')
      return
    }
    for (const event of events) this.#note(event)
    this.#later(events)
    this.#fresh()
  }

  joined(seq: number, resync: boolean, online: string[]): void {
    const here = new Set(online)
    for (const m of this.group?.members ?? []) m.online = here.has(m.userId)
    this.#follower.joined(seq, resync)
    if (!this.#follower.stale) this.#fresh()
  }

  presence(userId: string, online: boolean): void {
    const member = this.group?.members.find((m) => m.userId === userId)
    if (member) member.online = online
  }

  refused(code: string): void {
    if (code === 'not_member' && !this.group?.isPublic) this.#gone(code)
  }

  /** mend reads the group anew: after what the line does not tell. */
  mend(): Promise<void> {
    return this.#follower.mend()
  }

  // What one does. Each throws Refused; what changed is shown by the event, or by a new snapshot where no line is.

  async book(hatm: Hatm, pora: Pora, forUserId?: string): Promise<void> {
    const body = { poraId: pora.id, ...(this.group?.second ? { hatmNumber: hatm.number } : {}), ...(forUserId ? { forUserId } : {}) }
    const { bookingId } = await this.#do<{ bookingId?: string }>('POST', `/groups/${this.id}/bookings`, body)
    if (!forUserId && bookingId && this.group) own(this.group, bookingId, this.#person())
  }

  /** counted is told what one's own counting was answered with. */
  counted(zikrId: string, answer: Counting): void {
    if (this.group) ownCount(this.group, zikrId, answer, this.#person())
  }

  async complete(pora: Pora): Promise<void> {
    await this.#do('POST', `/bookings/${pora.bookingId}/complete`, {})
  }

  async release(pora: Pora): Promise<void> {
    await this.#do('DELETE', `/bookings/${pora.bookingId}`)
  }

  async reopen(pora: Pora): Promise<void> {
    await this.#home.ask('reopen_pora', { bookingId: pora.bookingId })
  }

  async remind(pora: Pora): Promise<void> {
    await this.#home.ask('remind_pora', { bookingId: pora.bookingId })
  }

  /** moreTime gives a booking a date, later than the one that its reader was promised. */
  async moreTime(pora: Pora, dueAt: string): Promise<void> {
    await this.#do('PATCH', `/bookings/${pora.bookingId}`, { dueAt })
    await this.mend()
  }

  /** setDue sets the date of an open hatm; null takes it away. */
  async setDue(hatm: Hatm, dueAt: string | null): Promise<void> {
    await this.#do('PATCH', `/groups/${this.id}/hatms/${hatm.number}`, { dueAt })
    await this.mend()
  }

  /** countFor adds what a member without a phone has counted. A repeat with the same opId adds nothing. */
  async countFor(zikr: Zikr, userId: string, count: number, opId: string): Promise<void> {
    await this.#do('POST', `/groups/${this.id}/zikrs/${zikr.id}/counts`, { count, opId, forUserId: userId })
  }

  /** share shares the free poras of a hatm out among members: those who are named, or all. */
  async share(hatm: Hatm, userIds?: string[]): Promise<void> {
    await this.#do('POST', `/groups/${this.id}/hatms/${hatm.number}/share`, userIds ? { userIds } : {})
    await this.mend()
  }

  /** rename changes the name of a member who has no login. */
  async rename(userId: string, change: { name?: string; surname?: string }): Promise<void> {
    await this.#do('PATCH', `/groups/${this.id}/members/${userId}`, change)
    await this.mend()
  }

  /** undo takes back what a member, or somebody who has left, did here in the last hours: a week at most. */
  async undo(userId: string, hours: number): Promise<Undone> {
    // A minute less: the server takes a week back, and its clock is not this one.
    const since = new Date(Date.now() - hours * 3_600_000 + 60_000).toISOString()
    const undone = await this.#do<Undone>('POST', `/groups/${this.id}/members/${userId}/undo`, { since })
    await this.mend()
    return undone
  }

  async change(change: Record<string, unknown>): Promise<void> {
    await this.#do('PATCH', `/groups/${this.id}`, change)
    await this.mend()
    await this.#home.groups.load()
  }

  async remove(userId: string): Promise<void> {
    await this.#do('DELETE', `/groups/${this.id}/members/${userId}`)
  }

  async leave(): Promise<void> {
    await this.#do('POST', `/groups/${this.id}/leave`, {})
    await this.#left()
  }

  async destroy(): Promise<void> {
    await this.#do('DELETE', `/groups/${this.id}`)
    await this.#left()
  }

  async join(): Promise<void> {
    await this.#do('POST', `/groups/${this.id}/join`, {})
    this.#home.hide()
    this.#home.show(this.id)
    await this.#home.groups.load()
  }

  zikr(id: string): Zikr | undefined {
    return this.group?.zikrs.find((z) => z.id === id)
  }

  mine(pora: Pora): boolean {
    return pora.userId === this.#home.me.id
  }

  #person(): { id: string; name: string } {
    const { id, name, surname } = this.#home.me
    return { id, name: `${name} ${surname}`.trim() }
  }

  async #do<T>(method: 'POST' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    if (this.#home.line.state === 'lost' && !navigator.onLine) throw new Refused('offline')
    const answer = await this.#home.api.call<T>(method, path, body)
    if (this.#home.line.state !== 'live') await this.mend()
    return answer
  }

  async #left(): Promise<void> {
    this.#home.hide()
    await this.#home.shadow.forget(`group-${this.id}`)
    await this.#home.groups.load()
  }

  #follow(known?: Group): Follower {
    return new Follower(
      {
        me: this.#home.me.id,
        read: async () => normal(await this.#home.api.get<WireSnapshot>(`/groups/${this.id}`)),
        show: (group) => {
          this.group = group
          this.#fresh()
          return this.group
        },
        failed: (error) => this.#failure(error),
      },
      known,
    )
  }

  async #remember(): Promise<void> {
    const seen = await this.#home.shadow.seen<Group>(`group-${this.id}`)
    if (!seen?.value || this.group) return
    for (const m of seen.value.members) m.online = false
    this.group = seen.value
    this.seenAt = new Date(seen.at)
    this.#follower = this.#follow(this.group)
  }

  #failure(error: unknown): void {
    const code = codeOf(error)
    if (code === 'not_member') {
      this.#gone(code)
      return
    }
    if (!this.group) this.failed = code
    // A line that is there says nothing more of it by itself; one that comes back asks again.
    if (this.#home.group !== this || this.#home.line.state !== 'live') return
    const pause = Math.max(AGAIN, error instanceof Refused ? error.retryAfterMs : 0)
    clearTimeout(this.#again)
    this.#again = setTimeout(() => void this.mend(), pause * (1 + Math.random() / 2))
  }

  #gone(code: string): void {
    this.failed = code
    this.group = undefined
    void this.#home.shadow.forget(`group-${this.id}`)
    void this.#home.groups.load()
  }

  /** fresh notes that what is shown is as the server has it. */
  #fresh(): void {
    this.failed = ''
    this.seenAt = undefined
    this.#keep()
  }

  #keep(): void {
    this.#home.shadow.keep(`group-${this.id}`, () => $state.snapshot(this.group))
  }

  #note({ name, data }: GroupEvent): void {
    if (!this.group) return
    if (name === 'hatm_completed') this.completed = data.hatmNumber ?? data.hatmCount ?? 0
    const sentence = tell(name, data, this.group, this.#home.me.id)
    if (!sentence) return
    if (data.userId === this.#home.me.id) this.#home.announcer.own(sentence)
    else this.#home.announcer.others(sentence)
  }

  /** today reads what happened before the app was opened. */
  async #today(): Promise<void> {
    const latest = this.group?.seq
    if (latest === undefined || !this.isMember) return
    const since = Math.max(0, latest - 200)
    const page = await this.#home.api
      .get<{ events: { event: string; data: EventData }[] | null }>(`/groups/${this.id}/events?since=${since}&limit=200`)
      .catch(() => undefined)
    this.#feed((page?.events ?? []).map(({ event, data }) => ({ name: event, data })))
  }

  /** later puts what happened into the list of today at once, and what follows a second after it: nobody reads faster. */
  #later(events: GroupEvent[]): void {
    if (events.length >= MANY) this.busy = true
    this.#news = [...this.#news, ...events].slice(-FEED)
    if (this.#pause !== undefined) return
    this.#feed(this.#news)
    this.#news = []
    this.#pause = setTimeout(() => {
      this.#pause = undefined
      if (this.#news.length > 0) this.#later([])
      else this.busy = false
    }, PAUSE)
  }

  #feed(more: FeedItem[]): void {
    const today = dayOf(new Date())
    const fresh = more
      .slice(-FEED)
      .reverse()
      .filter((item) => dayOf(new Date(item.data.timestamp)) === today)
    const known = new Set(fresh.map((item) => item.data.seq))
    this.feed = [...fresh, ...this.feed.filter((item) => !known.has(item.data.seq))].sort((a, b) => b.data.seq - a.data.seq).slice(0, FEED)
  }
}
