// Lists that are read anew while they are being read: what was asked for last is shown.
import { expect, test } from 'vitest'
import { Groups } from '../../src/state/groups.svelte'
import type { Home } from '../../src/state/home.svelte'
import { Inbox } from '../../src/state/inbox.svelte'

/** slow answers questions when the test says, each with one item. */
function slow() {
  const answers: ((id: string) => void)[] = []
  const get = (): Promise<object> => new Promise((resolve) => answers.push((id) => resolve({ items: [{ id, isRead: false }], cursor: null })))
  return { answers, home: { api: { get }, shadow: { keep: () => undefined } } as unknown as Home }
}

test.each([
  ['groups', (home: Home) => new Groups(home)],
  ['news', (home: Home) => new Inbox(home)],
])('of %s, an answer that comes late does not take back the one after it', async (_what, made) => {
  const { answers, home } = slow()
  const list = made(home)
  const [first, second] = [list.load(), list.load()]
  answers[1]?.('with what was joined')
  await second
  answers[0]?.('without it')
  await first
  expect(list.items?.map(({ id }) => id)).toEqual(['with what was joined'])
})
