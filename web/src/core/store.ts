// What is kept on the device: one database for each account, so that nothing of one is
// seen by, or sent for, the other.
import type { DBSchema, IDBPDatabase } from 'idb'
import { deleteDB, openDB } from 'idb'

/** Taps that are not sealed yet: one row for each zikr. They may still be undone. */
export interface Open {
  groupId: string
  zikrId: string
  count: number
}

/** A batch that is to be sent. It never changes, so that its opId always means the same count. */
export interface Sealed {
  opId: string
  groupId: string
  zikrId: string
  /** Names, to speak of it when the group is gone. */
  groupName: string
  zikrName: string
  count: number
  madeAt: number
  /** Why it was refused for good; "" while it waits. */
  code: string
}

/** A batch that the server confirmed, as long as it may be taken back. */
export interface Sent {
  id: string
  groupId: string
  zikrId: string
  count: number
  at: number
}

/** A batch that was sent and is to be taken back, until the server has done it: so many of it stay. */
export interface Back extends Sent {
  stay: number
  /** The day from whose tally it goes. */
  day: string
}

/** What this device counted on one day. */
export interface Tally {
  day: string
  zikrId: string
  count: number
}

/** Something as it was seen last. */
export interface Seen {
  value: unknown
  at: number
}

export interface Schema extends DBSchema {
  open: { key: [string, string]; value: Open }
  sealed: { key: string; value: Sealed }
  sent: { key: string; value: Sent; indexes: { at: number } }
  back: { key: string; value: Back }
  tally: { key: [string, string]; value: Tally }
  seen: { key: string; value: Seen }
}

export type Store = IDBPDatabase<Schema>

const nameOf = (userId: string): string => `zikr-${userId}`

/** openStore opens an account's database. It fails where the browser keeps nothing. */
export function openStore(userId: string, lost: () => void = () => undefined): Promise<Store> {
  return openDB<Schema>(nameOf(userId), 2, {
    upgrade(db, before) {
      if (before < 1) {
        db.createObjectStore('open', { keyPath: ['groupId', 'zikrId'] })
        db.createObjectStore('sealed', { keyPath: 'opId' })
        db.createObjectStore('sent', { keyPath: 'id' }).createIndex('at', 'at')
        db.createObjectStore('tally', { keyPath: ['day', 'zikrId'] })
        db.createObjectStore('seen')
      }
      db.createObjectStore('back', { keyPath: 'id' })
    },
    // Another tab has a newer app: it waits for this one to let go.
    blocking: (_old, _next, event) => (event.target as IDBDatabase).close(),
    terminated: lost,
  })
}

/** forgetStore removes all that an account left on the device. */
export function forgetStore(userId: string): Promise<void> {
  return deleteDB(nameOf(userId))
}
