// A group as the parts take it.
import type { Group } from '../../src/core/model'
import { normal } from '../../src/core/model'

/** groupOf is a circle of some members, of whom those with these numbers are here. */
export function groupOf(members: number, here: number[] = []): Group {
  const people = Array.from({ length: members }, (_, i) => ({
    userId: String(i),
    userName: `Reader ${i}`,
    role: i === 0 ? ('admin' as const) : ('member' as const),
    joinedAt: '2026-01-01T00:00:00.000Z',
    online: here.includes(i),
  }))
  const zikr = { zikrId: 'z', name: 'Salavot', body: null, description: null, hint: null, goal: 100, totalCount: 25, cycleCount: 0, progress: '25.00' }
  return normal({
    id: 'g',
    name: 'Tong zikri',
    type: 'zikr',
    isPublic: true,
    dedication: null,
    hatmGoal: null,
    hatmCount: 0,
    adminId: '0',
    seq: 1,
    createdAt: '2026-01-01T00:00:00.000Z',
    members: people,
    zikrs: [{ ...zikr, myCount: 25, members: [] }],
  })
}
