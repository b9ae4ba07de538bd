// Invitations and news. Those that are unread are shown on the tab, the title and the icon.
import { codeOf } from '../core/api'
import type { Wire } from '../core/model'
import type { Home } from './home.svelte'

export type Notice = Wire['NotificationItem'] & {
  bookingId?: string
  poraId?: string
  hatmNumber?: number
  dueAt?: string | null
  count?: number
}

const PAGE = 100

export class Inbox {
  items = $state<Notice[]>()
  /** more: there are older ones than those that are shown. */
  more = $state(false)
  failed = $state('')
  unread = $derived(this.items?.filter((n) => !n.isRead).length ?? 0)
  #wanted = PAGE // how many are shown, if there are as many
  #asked = 0 // how often they were asked for
  #home: Home

  constructor(home: Home) {
    this.#home = home
  }

  async remember(): Promise<void> {
    const seen = await this.#home.shadow.seen<Notice[]>('inbox')
    if (seen) this.items = seen.value
  }

  async load(): Promise<void> {
    try {
      await this.#pages()
      this.failed = ''
      this.#keep()
    } catch (error) {
      this.failed = codeOf(error)
    }
  }

  /** older shows a page more. */
  async older(): Promise<void> {
    this.#wanted += PAGE
    await this.#pages()
  }

  /** told takes what the line told of: what is read on another device, or what is new. */
  told(name: string, data: Record<string, unknown>): void {
    if (name === 'notification_marked_read') {
      const known = this.items?.find((n) => n.id === data['notificationId'])
      if (known) known.isRead = true
    } else {
      void this.load()
    }
  }

  async answer(notice: Notice, accept: boolean): Promise<void> {
    await this.#home.api.post(`/notifications/${notice.id}/respond`, { accept })
    this.items = this.items?.filter((n) => n.id !== notice.id)
    this.#keep()
    if (accept) await this.#home.groups.load()
  }

  /** read marks all news but invitations, which wait for an answer. */
  async read(): Promise<void> {
    for (const notice of this.items ?? []) {
      if (notice.isRead || notice.type === 'invitation') continue
      notice.isRead = true
      await this.#home.api.post(`/notifications/${notice.id}/read`).catch(() => (notice.isRead = false))
    }
    this.#keep()
  }

  /** pages reads what is to be shown. An answer that a later question has overtaken is not shown. */
  async #pages(): Promise<void> {
    const asked = ++this.#asked
    const items: Notice[] = []
    let cursor: string | null = ''
    while (cursor !== null && items.length < this.#wanted) {
      const from: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
      const page: { items: Notice[]; cursor: string | null } = await this.#home.api.get(`/notifications?limit=${PAGE}${from}`)
      items.push(...page.items)
      cursor = page.cursor
    }
    if (asked !== this.#asked) return
    this.items = items
    this.more = cursor !== null
  }

  #keep(): void {
    this.#home.shadow.keep('inbox', () => $state.snapshot(this.items))
  }
}
