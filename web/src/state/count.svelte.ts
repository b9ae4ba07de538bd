// Counting: taps, what is kept of them on this device, and what the server refused.
import { codeOf } from '../core/api'
import type { Counting } from '../core/apply'
import { dayOf } from '../core/days'
import type { Back, Open, Sealed, Sent, Store } from '../core/store'
import type { Confirmation } from '../core/taps'
import { newId, Taps } from '../core/taps'
import { device } from './device.svelte'
import type { Home } from './home.svelte'
import { click } from './sound'

export class Count {
  loose = $state.raw<Open[]>([])
  sealed = $state.raw<Sealed[]>([])
  /** refused are batches that the server will never take as they are. */
  refused = $derived(this.sealed.filter((b) => b.code !== ''))
  /** unsent is how many taps the server has not confirmed. */
  unsent = $derived(sum(this.loose) + sum(this.sealed.filter((b) => b.code === '')))
  /** back are batches that were sent and are to be taken back: some of each, or all. */
  back = $state.raw<Back[]>([])
  /** direct: nothing can be kept here, so that each tap is sent before it is shown. */
  direct = $state(true)
  /** today is what this device counted today, by zikr. */
  today = $state<Record<string, number>>({})
  /** sent is the newest batch of each zikr that may still be taken back. */
  sent = $state<Record<string, Sent | undefined>>({})

  #home: Home
  #taps: Taps | undefined
  /** unanswered are the opIds of taps that were sent before they were shown, and whose answer did not come. */
  #unanswered = new Map<string, string[]>()
  #channel: BroadcastChannel | undefined
  #day = dayOf(new Date())
  #asked = false
  #stale = false
  #refreshing = false

  constructor(home: Home) {
    this.#home = home
  }

  async open(store: Store | undefined): Promise<void> {
    if (!store) return
    const userId = this.#home.me.id
    this.#channel = 'BroadcastChannel' in window ? new BroadcastChannel(`zikr-taps-${userId}`) : undefined
    this.#taps = new Taps({
      userId,
      store,
      send: (batch, timeout) => this.#send(batch, timeout),
      undo: (back) => this.#undo(back),
      changed: () => void this.#refresh(),
      names: (groupId, zikrId) => this.#names(groupId, zikrId),
      locks: navigator.locks,
      channel: this.#channel,
    })
    this.direct = false
    addEventListener('online', this.#hurry)
    document.addEventListener('visibilitychange', this.#hurry)
    await this.#refresh()
    this.hurry()
  }

  close(): void {
    this.#taps?.close()
    this.#channel?.close()
    removeEventListener('online', this.#hurry)
    document.removeEventListener('visibilitychange', this.#hurry)
  }

  hurry(): void {
    if (this.unsent > 0 || this.back.length > 0) this.#taps?.hurry()
  }

  /** pending is what is kept here of one zikr and not in the group's total yet. */
  pending(zikrId: string): number {
    return sum([...this.loose, ...this.sealed.filter((b) => b.code === '')].filter((b) => b.zikrId === zikrId))
  }

  /** toTakeBack is how much of one zikr waits to be taken back. */
  toTakeBack(zikrId: string): number {
    return this.back.filter((s) => s.zikrId === zikrId).reduce((total, s) => total + s.count - s.stay, 0)
  }

  /** look reads what was counted of a zikr before the screen was opened. */
  async look(zikrId: string): Promise<void> {
    this.#newDay()
    this.today[zikrId] = (await this.#taps?.today(zikrId, this.#day)) ?? this.today[zikrId] ?? 0
    this.sent[zikrId] = await this.#taps?.lastSent(zikrId)
  }

  /** tap counts. It is shown once it is kept; it throws Refused where nothing can be kept and the server cannot be asked. */
  async tap(groupId: string, zikrId: string, count = 1): Promise<void> {
    this.#newDay()
    if (this.direct || !this.#taps) {
      await this.#tapDirectly(groupId, zikrId, count)
    } else {
      try {
        this.today[zikrId] = await this.#taps.tap(groupId, zikrId, count, this.#day)
      } catch {
        this.direct = true // the device is full
        this.#home.noRoom = true
        await this.#tapDirectly(groupId, zikrId, count)
      }
      this.#persist()
    }
    click(device)
  }

  /** undo takes back one tap that was not sent. False: all were sent. */
  async undo(groupId: string, zikrId: string): Promise<boolean> {
    const undone = (await this.#taps?.undo(groupId, zikrId, this.#day)) ?? false
    if (undone) await this.look(zikrId)
    return undone
  }

  /** takeBack takes back some of a batch that was sent, or all: now, or as soon as the server can be asked. */
  async takeBack(sent: Sent, some: number): Promise<void> {
    await this.#taps?.takeBack(sent, dayOf(new Date(sent.at)), sent.count - some)
    await this.look(sent.zikrId)
  }

  async move(batch: Sealed, groupId: string, zikrId: string): Promise<void> {
    await this.#taps?.move(batch.opId, groupId, zikrId)
  }

  async again(batch: Sealed): Promise<void> {
    await this.#taps?.again(batch.opId)
  }

  async letGo(batch: Sealed): Promise<void> {
    await this.#taps?.letGo(batch.opId)
  }

  /** tapDirectly sends a tap before it is shown. The next one takes the opId of one that was not answered: the server may have counted it. */
  async #tapDirectly(groupId: string, zikrId: string, count: number): Promise<void> {
    const key = `${groupId}/${zikrId}/${count}`
    const [opId = newId(), ...others] = this.#unanswered.get(key) ?? []
    this.#unanswered.set(key, others)
    try {
      this.#answered(groupId, zikrId, await this.#home.api.post<Counting>(`/groups/${groupId}/zikrs/${zikrId}/counts`, { count, opId }))
    } catch (error) {
      this.#unanswered.set(key, [...(this.#unanswered.get(key) ?? []), opId])
      throw error
    }
    this.today[zikrId] = (this.today[zikrId] ?? 0) + count
  }

  async #send(batch: Sealed, timeout: number): Promise<Confirmation> {
    const { groupId, zikrId, count, opId } = batch
    const answer = await this.#home.api.post<Confirmation & Counting>(`/groups/${groupId}/zikrs/${zikrId}/counts`, { count, opId }, timeout)
    this.#answered(groupId, zikrId, answer)
    return answer
  }

  async #undo({ id, groupId, zikrId }: Back): Promise<void> {
    this.#answered(groupId, zikrId, await this.#home.ask<Counting>('undo_zikr_count', { id }))
  }

  /** answered tells the group that is open: an anonymous one does not say whose a counting was. */
  #answered(groupId: string, zikrId: string, answer: Counting): void {
    if (this.#home.group?.id === groupId) this.#home.group.counted(zikrId, answer)
  }

  /** refresh reads what is kept. While it reads, further changes wait for one more reading. */
  async #refresh(): Promise<void> {
    this.#stale = true
    if (this.#refreshing) return
    this.#refreshing = true
    while (this.#stale) {
      this.#stale = false
      await this.#read()
    }
    this.#refreshing = false
  }

  async #read(): Promise<void> {
    try {
      const kept = await this.#taps?.kept()
      this.loose = kept?.open ?? []
      this.sealed = kept?.sealed ?? []
      this.back = kept?.back ?? []
      for (const zikrId of Object.keys(this.today)) {
        this.today[zikrId] = (await this.#taps?.today(zikrId, this.#day)) ?? 0
        this.sent[zikrId] = await this.#taps?.lastSent(zikrId)
      }
    } catch (error) {
      if (codeOf(error) === 'internal') this.#home.noRoom = true
    }
  }

  #names(groupId: string, zikrId: string): { groupName: string; zikrName: string } {
    const open = this.#home.group
    const item = this.#home.groups.items?.find((g) => g.id === groupId)
    const group = open?.id === groupId ? open : undefined
    return { groupName: group?.group?.name ?? item?.name ?? '', zikrName: group?.zikr(zikrId)?.name ?? '' }
  }

  /** newDay begins at 0 again when midnight passed. */
  #newDay(): void {
    const day = dayOf(new Date())
    if (day === this.#day) return
    this.#day = day
    this.today = {}
  }

  /** persist asks the browser not to clear what is kept, at the first tap. */
  #persist(): void {
    if (this.#asked) return
    this.#asked = true
    navigator.storage?.persist?.().catch(() => undefined)
  }

  #hurry = (): void => this.hurry()
}

function sum(rows: { count: number }[]): number {
  return rows.reduce((total, row) => total + row.count, 0)
}
