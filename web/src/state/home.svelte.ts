// Everything of one account: opened at sign-in, closed at sign-out, so that nothing of
// one person is left for the next.
import { Announcer } from '../core/announce'
import type { Api } from '../core/api'
import type { GroupEvent } from '../core/apply'
import { Live } from '../core/live'
import { server } from '../core/place'
import type { Hand } from '../core/shadow'
import { Shadow } from '../core/shadow'
import type { Store } from '../core/store'
import { openStore } from '../core/store'
import { Count } from './count.svelte'
import { read, write } from './device.svelte'
import { GroupView } from './group.svelte'
import { Groups } from './groups.svelte'
import { Inbox } from './inbox.svelte'
import { Line } from './line.svelte'
import { router } from './router.svelte'
import type { Me } from './session.svelte'
import { text } from './text.svelte'

export class Home {
  me = $state.raw<Me>() as Me
  readonly api: Api
  readonly line = new Line()
  readonly inbox: Inbox
  readonly groups: Groups
  readonly count: Count
  readonly announcer: Announcer
  /** said is what a screen reader reads aloud. */
  said = $state('')
  /** group is the one that is open. */
  group = $state.raw<GroupView>()
  /** noRoom: this browser keeps nothing, or no more. */
  noRoom = $state(false)
  readonly shadow: Shadow

  #store: Promise<Store | undefined>
  #opened: Promise<unknown> | undefined
  #live: Live
  #expired: (code: string) => void

  constructor(api: Api, me: Me, token: () => string | undefined, expired: (code: string) => void) {
    this.api = api
    this.me = me
    this.#expired = expired
    const full = (): void => void (this.noRoom = true)
    this.#store = openStore(me.id, full).catch(() => {
      full()
      return undefined
    })
    this.shadow = new Shadow(this.#store, full, handOf(me.id))
    this.announcer = new Announcer(
      (sentence) => (this.said = sentence),
      (n) => text.w.announce.more(n),
    )
    this.inbox = new Inbox(this)
    this.groups = new Groups(this)
    this.count = new Count(this)
    this.#live = new Live({ base: server, token, hears: this.#hears() })
  }

  /** open gets what is kept on the device, all at once. The first drawing has what it is of; the line comes after it. */
  async open(): Promise<void> {
    this.#opened = Promise.all([this.count.open(this.#store), this.groups.remember(), this.inbox.remember()])
    const { id } = router.route.params
    await (id ? this.show(id).remember() : this.#opened)
    requestAnimationFrame(() => setTimeout(() => void this.#live.start()))
  }

  async close(): Promise<void> {
    this.#live.stop()
    this.line.close()
    this.announcer.close()
    await this.#opened
    this.count.close()
    await this.shadow.close()
    ;(await this.#store)?.close()
  }

  /** ask does something over the line. */
  ask<T>(event: string, payload: object): Promise<T> {
    return this.#live.ask(event, payload)
  }

  /** show opens a group, and leaves the one before. */
  show(id: string): GroupView {
    if (this.group?.id === id) return this.group
    this.hide()
    const view = new GroupView(this, id)
    this.group = view
    void view.open().then(() => {
      if (this.group === view) this.#live.listen(id, () => view.seq)
    })
    return view
  }

  hide(): void {
    if (!this.group) return
    this.#live.leave(this.group.id)
    this.group.close()
    this.group = undefined
  }

  #hears(): ConstructorParameters<typeof Live>[0]['hears'] {
    const open = (groupId: string): GroupView | undefined => (this.group?.id === groupId ? this.group : undefined)
    return {
      state: (state) => {
        this.line.set(state)
        if (state === 'live') this.#caughtUp()
      },
      events: (groupId: string, events: GroupEvent[]) => open(groupId)?.hear(events),
      joined: (groupId, seq, resync, online) => open(groupId)?.joined(seq, resync, online),
      presence: (groupId, userId, online) => open(groupId)?.presence(userId, online),
      refused: (groupId, code) => open(groupId)?.refused(code),
      told: (name, data) => this.inbox.told(name, data),
      expired: () => this.#expired('token_expired'),
    }
  }

  /** caughtUp reads what the line does not replay. */
  #caughtUp(): void {
    this.count.hurry()
    void this.inbox.load()
    void this.groups.load()
  }
}

const LONGEST = 200_000 // letters: to read more takes longer than to ask the database

/** handOf is where the group that was open last lies at hand for its reader. */
function handOf(userId: string): Hand {
  const key = `zikr-seen-${userId}`
  return { read: () => read(key), write: (what) => write(key, what, LONGEST) }
}
