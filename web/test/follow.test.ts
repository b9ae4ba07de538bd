import { expect, test } from 'vitest'
import { Follower } from '../src/core/follow'
import type { Group } from '../src/core/model'
import { event, group, me } from './group'

/** A server whose snapshots are given by hand. */
function server() {
  const waiting: { resolve: (g: Group) => void; reject: (e: Error) => void }[] = []
  const failures: unknown[] = []
  const follower = new Follower(
    {
      me,
      read: () => new Promise((resolve, reject) => waiting.push({ resolve, reject })),
      show: (g) => g,
      failed: (error) => failures.push(error),
    },
    group(),
  )
  return { waiting, failures, follower }
}
const counted = (seq: number) =>
  event('zikr_count_updated', seq, { zikrId: 'z', count: 1, totalCount: seq - 2, userId: 'u-z', userName: 'Zarina', goal: 100, cycleCount: 0 })
const settled = () => new Promise((resolve) => setTimeout(resolve))

test('events of a group are followed', () => {
  const { follower, waiting } = server()
  expect(follower.hear([counted(3), counted(4)])).toBe(true)
  expect(follower.group?.zikrs[0]?.total).toBe(2)
  expect(waiting).toHaveLength(0)
})

test('a gap is mended, and what came while the snapshot was read is not lost', async () => {
  const { follower, waiting } = server()
  follower.hear([counted(5)])
  expect(follower.stale).toBe(true)
  expect(waiting).toHaveLength(1)
  follower.hear([counted(6), counted(7)])
  waiting[0]?.resolve(
    group({
      seq: 6,
      zikrs: [
        {
          zikrId: 'z',
          name: 'S',
          body: null,
          description: null,
          hint: null,
          goal: 100,
          totalCount: 4,
          cycleCount: 0,
          progress: '4.00',
          myCount: 0,
          members: [],
        },
      ],
    }),
  )
  await settled()
  expect(follower.group?.seq).toBe(7)
  expect(follower.group?.zikrs[0]?.total).toBe(5)
})

test('a change that came while the snapshot was read asks for another', async () => {
  const { follower, waiting } = server()
  follower.hear([event('group_updated', 3)])
  follower.hear([event('group_updated', 4)])
  waiting[0]?.resolve(group({ seq: 3, name: 'between' }))
  await settled()
  expect(waiting).toHaveLength(2)
  waiting[1]?.resolve(group({ seq: 4, name: 'after' }))
  await settled()
  expect(follower.group?.name).toBe('after')
  expect(follower.stale).toBe(false)
})

test('whoever has the group mended while it is being mended waits for a snapshot of after that', async () => {
  const { follower, waiting } = server()
  follower.hear([event('group_updated', 3)])
  let over = false
  const mended = follower.mend().then(() => (over = true))
  waiting[0]?.resolve(group({ seq: 3, name: 'before' }))
  await settled()
  expect(over).toBe(false)
  waiting[1]?.resolve(group({ seq: 3, name: 'after' }))
  await mended
  expect(follower.group?.name).toBe('after')
})

test('a snapshot that is older than what is shown does not take anything back', async () => {
  const { follower, waiting } = server()
  follower.hear([event('group_updated', 3)])
  follower.hear([counted(4)])
  waiting[0]?.resolve(group({ seq: 3 }))
  await settled()
  expect(follower.group?.seq).toBe(4)
})

test('a snapshot that cannot be read is asked for again with the next event', async () => {
  const { follower, waiting, failures } = server()
  follower.joined(9, true)
  waiting[0]?.reject(new Error('no line'))
  await settled()
  expect(failures).toHaveLength(1)
  expect(follower.stale).toBe(true)
  follower.hear([counted(3)])
  expect(waiting).toHaveLength(2)
})

test('who joined the channel and is as far as it asks for nothing', () => {
  const { follower, waiting } = server()
  follower.joined(2, false)
  expect(waiting).toHaveLength(0)
})

test('who is shown to be here stays so over a snapshot', async () => {
  const { follower, waiting } = server()
  follower.group!.members[1]!.online = true
  follower.joined(3, false)
  waiting[0]?.resolve(group({ seq: 3 }))
  await settled()
  expect(follower.group?.members[1]?.online).toBe(true)
})

test('a group that is gone is told', () => {
  expect(server().follower.hear([event('group_deleted', 3)])).toBe(false)
})
