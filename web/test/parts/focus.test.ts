// A row that goes away gives its focus to what stands there instead.
import { beforeEach, expect, test } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import { text } from '../../src/state/text.svelte'
import Rows from './rows.svelte'

beforeEach(() => text.use('en'))

const has = (name: string): Promise<void> => expect.poll(() => document.activeElement?.textContent).toBe(name)
async function press(name: string): Promise<void> {
  ;(page.getByRole('button', { name }).element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
}

test('its own button: the next row has it, then the one before, then the heading', async () => {
  await render(Rows, { rows: ['a', 'b', 'c'] })
  await press('Take b away')
  await has('Take c away')
  await userEvent.keyboard('{Enter}')
  await has('Take a away')
  await userEvent.keyboard('{Enter}')
  await has('Rows')
})

test('a question about it: the next row has it', async () => {
  await render(Rows, { rows: ['a', 'b'] })
  await press('Ask of a')
  ;(page.getByRole('button', { name: 'Yes' }).element() as HTMLElement).focus()
  await userEvent.keyboard('{Enter}')
  await has('Take b away')
})

test('by itself: the next row has it, and the heading when it was the last', async () => {
  const { rerender } = await render(Rows, { rows: ['a', 'b'] })
  ;(page.getByRole('button', { name: 'Ask of a' }).element() as HTMLElement).focus()
  await rerender({ rows: ['b'] })
  await has('Take b away')
  await rerender({ rows: [] })
  await has('Rows')
})

test('the focus of somebody else is left alone', async () => {
  const { rerender } = await render(Rows, { rows: ['a', 'b'] })
  const buttons = page.getByRole('button').elements() as HTMLElement[]
  buttons[0]?.focus()
  buttons[3]?.focus()
  await rerender({ rows: ['b'] })
  await has('Ask of b')
})
