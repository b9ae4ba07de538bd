// Choosing among many members: by name, and all are within reach.
import { createRawSnippet } from 'svelte'
import { beforeEach, expect, test } from 'vitest'
import { page } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import type { Member } from '../../src/core/model'
import Members from '../../src/parts/members.svelte'
import { text } from '../../src/state/text.svelte'
import { groupOf } from './groups'

beforeEach(() => text.use('en'))

const row = createRawSnippet((member: () => Member) => ({ render: () => `<span>${member().userName}</span>` }))
const shown = () => page.getByRole('listitem').elements().length

test('few are shown, and more when one asks', async () => {
  await render(Members, { members: groupOf(70).members, label: 'Find a name', row })
  expect(shown()).toBe(20)
  await page.getByRole('button', { name: '50 more' }).click()
  await expect.poll(shown).toBe(70)
})

test('they are found by a part of their name', async () => {
  await render(Members, { members: groupOf(70).members, label: 'Find a name', row })
  await page.getByLabelText('Find a name').fill('reader 6')
  await expect.poll(shown).toBe(11)
})

test('among few there is nothing to look for', async () => {
  await render(Members, { members: groupOf(5).members, label: 'Find a name', row })
  await expect.element(page.getByLabelText('Find a name')).not.toBeInTheDocument()
})
