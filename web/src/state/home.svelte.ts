// Everything of one account: opened at sign-in, closed at sign-out, so that nothing of
// one person is left for the next.
import { Announcer } from '../core/announce'
import type { Api } from '../core/api'
import type { GroupEvent } from '../core/apply'
import { Live } from '../core/live'
import { server } from '../core/place'
import { Shadow } from '../core/shadow'
import type { Store } from '../core/store'
import { openStore } from '../core/store'
import { Count } from './count.svelte'
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
  shadow: Shadow

  #store: Store | undefined
  #live: Live
  #expired: (code: string) => void

  constructor(api: Api, me: Me, token: () => string | undefined, expired: (code: string) => void) {
    this.api = api
    this.me = me
    this.#expired = expired
    this.shadow = new Shadow(undefined, () => (this.noRoom = true))
    this.announcer = new Announcer(
      (sentence) => (this.said = sentence),
      (n) => text.w.announce.more(n),
    )
    this.inbox = new Inbox(this)
    this.groups = new Groups(this)
    this.count = new Count(this)
    this.#live = new Live({ base: server, token, hears: this.#hears() })
  }

  /** open gets what is kept on the device, all at once, so that the first drawing has it; the line comes after it. */
  async open(): Promise<void> {
    try {
      this.#store = await openStore(this.me.id, () => (this.noRoom = true))
      this.shadow = new Shadow(this.#store, () => (this.noRoom = true))
    } catch {
      this.noRoom = true
    }
    await Promise.all([this.count.open(this.#store), this.groups.remember(), this.inbox.remember(), this.#first()])
    requestAnimationFrame(() => setTimeout(() => void this.#live.start()))
  }

  /** close ends all. forget: what was seen is not left for whoever has the device next; counts that wait are, for the next time. */
  async close(forget: boolean): Promise<void> {
    this.group?.close()
    this.#live.stop()
    this.line.close()
    this.announcer.close()
    this.count.close()
    if (forget) await this.shadow.clear()
    else await this.shadow.flush()
    this.#store?.close()
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

  /** first shows the group whose address the app was opened with, as it was seen last. */
  async #first(): Promise<void> {
    const { id } = router.route.params
    if (id) await this.show(id).remember()
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
