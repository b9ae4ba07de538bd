// Following a group: a snapshot, the events after it, and another snapshot where they
// do not fit together. Nothing that came while a snapshot was read is lost.
import type { GroupEvent } from './apply'
import { apply, carry } from './apply'
import type { Group } from './model'

/** What a Follower needs of those who use it. */
export interface FollowerOptions {
  me: string
  /** read asks the server for the group's snapshot. */
  read: () => Promise<Group>
  /** show is told of a new snapshot, and returns the group that is to be changed from then on. */
  show: (group: Group) => Group
  /** failed is told of a snapshot that could not be read: the next event or join tries again. */
  failed: (error: unknown) => void
}

export class Follower {
  group: Group | undefined
  /** Events since the snapshot was asked for: it may hold fewer of them than were applied. */
  #meanwhile: GroupEvent[] | undefined
  #stale = false
  #mending = Promise.resolve()
  #options: FollowerOptions

  constructor(options: FollowerOptions, known?: Group) {
    this.#options = options
    this.group = known
  }

  /** stale reports whether what is known is to be mended, or is being mended. */
  get stale(): boolean {
    return this.#wanting || this.#meanwhile !== undefined
  }

  /** wanting: what is known is not what is, and nobody has asked yet. */
  get #wanting(): boolean {
    return this.group === undefined || this.#stale
  }

  /** hear applies events in the order in which they came. False: the group is gone. */
  hear(events: GroupEvent[]): boolean {
    for (const event of events) {
      this.#meanwhile?.push(event)
      if (this.#hear(event) === 'gone') return false
    }
    if (this.#wanting) void this.mend()
    return true
  }

  /** joined tells how far the channel is: what was not sent before it is missing. */
  joined(seq: number, resync: boolean): void {
    if (resync || !this.group || this.group.seq < seq) this.#stale = true
    if (this.#wanting) void this.mend()
  }

  /** mend reads a snapshot, and applies to it what came since it was asked for. When it is over, one that was asked for later than mend is shown. */
  mend(): Promise<void> {
    // A snapshot under way may be from before.
    if (this.#meanwhile) this.#stale = true
    else this.#mending = this.#mend()
    return this.#mending
  }

  async #mend(): Promise<void> {
    this.#meanwhile = []
    this.#stale = false
    try {
      this.#replace(await this.#options.read())
    } catch (error) {
      this.#stale = true
      this.#options.failed(error)
      return
    } finally {
      this.#meanwhile = undefined
    }
    if (this.#stale) await this.#mend()
  }

  #hear(event: GroupEvent): ReturnType<typeof apply> | undefined {
    if (!this.group) return undefined
    const outcome = apply(this.group, event, this.#options.me)
    if (outcome === 'resync') this.#stale = true
    return outcome
  }

  #replace(fresh: Group): void {
    const online = new Set(this.group?.members.filter((m) => m.online).map((m) => m.userId))
    for (const m of fresh.members) m.online ||= online.has(m.userId)
    carry(this.group, fresh)
    this.group = this.#options.show(fresh)
    for (const event of this.#meanwhile ?? []) this.#hear(event)
  }
}
