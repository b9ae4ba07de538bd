// Groups and events for the tests, as a server would send them.
import type { EventData, GroupEvent } from '../src/core/apply'
import type { Group, WireSnapshot } from '../src/core/model'
import { normal } from '../src/core/model'

export const me = 'u-me'

/** snapshot is a group of two members in which nothing has happened. */
export function snapshot(change: Partial<WireSnapshot> = {}): WireSnapshot {
  return {
    id: 'g',
    name: 'Friday readers',
    type: 'quran',
    isPublic: false,
    dedication: null,
    hatmGoal: null,
    hatmCount: 0,
    adminId: me,
    seq: 2,
    createdAt: '2026-01-31T09:05:00.000Z',
    members: [
      { userId: me, userName: 'Ali Valiyev', role: 'admin', joinedAt: '2026-01-31T09:05:00.000Z', online: true },
      { userId: 'u-z', userName: 'Zarina Aliyeva', role: 'member', joinedAt: '2026-01-31T09:05:00.000Z', online: false },
    ],
    poras: Array.from({ length: 30 }, (_, i) => ({
      poraId: String(i + 1),
      poraName: `${i + 1}-Juz`,
      status: 'available' as const,
      bookingId: null,
      userId: null,
      userName: null,
      dueAt: null,
    })),
    zikrs: [
      {
        zikrId: 'z',
        name: 'Salavot',
        body: null,
        description: null,
        hint: null,
        goal: 100,
        totalCount: 0,
        cycleCount: 0,
        progress: '0.00',
        myCount: 0,
        members: [],
      },
    ],
    ...change,
  } as WireSnapshot
}

export function group(change: Partial<WireSnapshot> = {}): Group {
  return normal(snapshot(change))
}

export function event(name: string, seq: number, data: Partial<EventData> = {}): GroupEvent {
  return { name, data: { groupId: 'g', seq, timestamp: '2026-01-31T09:06:00.000Z', ...data } }
}

/** anonymous is one in which nobody but another, its admin, is told who did what. */
export function anonymous(change: Partial<WireSnapshot> = {}): Group {
  return group({ adminId: 'u-z', isAnonymous: true, ...change })
}
