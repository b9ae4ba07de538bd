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

export class Inbox {
  items = $state<Notice[]>()
  failed = $state('')
  unread = $derived(this.items?.filter((n) => !n.isRead).length ?? 0)
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
      this.items = (await this.#home.api.get<{ items: Notice[] }>('/notifications?limit=100')).items
      this.failed = ''
      this.#keep()
    } catch (error) {
      this.failed = codeOf(error)
    }
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

  #keep(): void {
    this.#home.shadow.keep('inbox', () => $state.snapshot(this.items))
  }
}
