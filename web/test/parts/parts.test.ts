// What screens share, in a real browser: what is shown, what is said, where the focus goes.
import { createRawSnippet } from 'svelte'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import { Refused } from '../../src/core/api'
import Ask from '../../src/parts/ask.svelte'
import Bars from '../../src/parts/bars.svelte'
import Dialog from '../../src/parts/dialog.svelte'
import People from '../../src/parts/people.svelte'
import Ring from '../../src/parts/ring.svelte'
import { text } from '../../src/state/text.svelte'
import { groupOf } from './groups'

beforeEach(() => text.use('en'))
const words = createRawSnippet(() => ({ render: () => '<p>some words</p>' }))

describe('a dialog', () => {
  let opener: HTMLButtonElement
  beforeEach(() => {
    opener = document.createElement('button')
    opener.textContent = 'open'
    document.body.append(opener)
    opener.focus()
  })
  afterEach(() => opener.remove())

  test('has its title as its name, and what is behind it cannot be reached', async () => {
    await render(Dialog, { title: 'Juz 3', closed: () => undefined, children: words })
    await expect.element(page.getByRole('dialog', { name: 'Juz 3' })).toBeVisible()
    expect(document.querySelector('dialog')?.matches(':modal')).toBe(true)
    opener.focus()
    expect(document.activeElement).not.toBe(opener)
  })

  test.each([
    ['Escape', () => userEvent.keyboard('{Escape}')],
    ['its button', () => page.getByRole('button', { name: 'Close' }).click()],
    ['a touch beside it', () => Promise.resolve(document.querySelector('dialog')?.click())],
  ])('is closed by %s, once, and gives the focus back', async (_, close) => {
    const closed = vi.fn()
    const { unmount } = await render(Dialog, { title: 'Juz 3', closed, children: words })
    await close()
    expect(closed).toHaveBeenCalledTimes(1)
    await unmount()
    expect(document.activeElement).toBe(opener)
  })

  test('that the browser has closed by itself is closed', async () => {
    const closed = vi.fn()
    await render(Dialog, { title: 'Juz 3', closed, children: words })
    document.querySelector('dialog')?.close() // as a second Escape does, which nobody can keep it from
    await expect.poll(() => closed.mock.calls.length).toBe(1)
  })

  test('is not closed by a touch of what is in it', async () => {
    const closed = vi.fn()
    await render(Dialog, { title: 'Juz 3', closed, children: words })
    await page.getByText('some words').click()
    expect(closed).not.toHaveBeenCalled()
  })
})

describe('a question', () => {
  const asked = (act: () => Promise<unknown>, closed: () => void) => render(Ask, { title: 'Leave', words: 'Really?', yes: 'Yes', act, closed })

  test('does it, and is gone', async () => {
    const [act, closed] = [vi.fn(() => Promise.resolve()), vi.fn()]
    await asked(act, closed)
    await page.getByRole('button', { name: 'Yes' }).click()
    await expect.poll(() => closed.mock.calls.length).toBe(1)
    expect(act).toHaveBeenCalledTimes(1)
  })

  test('says why it was not done, and stays', async () => {
    const closed = vi.fn()
    await asked(() => Promise.reject(new Refused('not_admin')), closed)
    await page.getByRole('button', { name: 'Yes' }).click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('Only who keeps the group can do this.')
    expect(closed).not.toHaveBeenCalled()
  })

  test('is not answered twice while it is done', async () => {
    let end = (): void => undefined
    const act = vi.fn(() => new Promise<void>((resolve) => (end = resolve)))
    await asked(act, () => undefined)
    const yes = page.getByRole('button', { name: 'Yes' })
    await yes.click()
    await expect.element(yes).toBeDisabled()
    end()
    await expect.element(yes).toBeEnabled()
    expect(act).toHaveBeenCalledTimes(1)
  })
})

describe('a ring', () => {
  test.each([
    [0, null],
    [11, '11 30'],
    [30, '30 30'],
  ])('of %i read', async (read, want) => {
    const { container } = await render(Ring, { read, label: String(read) })
    expect(container.querySelector('.gone')?.getAttribute('stroke-dasharray') ?? null).toBe(want)
    expect(container.querySelector('text')?.textContent).toBe(String(read))
  })
})

describe('bars', () => {
  const days = [
    { date: '2026-01-01', counted: 50, poras: 0 },
    { date: '2026-01-02', counted: 0, poras: 0 },
    { date: '2026-01-03', counted: 100, poras: 1 },
  ]
  const rects = (container: Element) =>
    [...container.querySelectorAll('rect')].map((r) => ({ x: Number(r.getAttribute('x')), height: Number(r.getAttribute('height')) }))

  test('are as high as their days, and an empty day is seen too', async () => {
    const { container } = await render(Bars, { days, of: 'counted' })
    const [half, none, whole] = rects(container)
    expect(whole?.height).toBe(31)
    expect(half?.height).toBe(15.5)
    expect(none?.height).toBe(0.5)
  })

  test('of nothing at all are no numbers gone wrong', async () => {
    const { container } = await render(Bars, { days: days.map((d) => ({ ...d, counted: 0 })), of: 'counted' })
    expect(rects(container).map((r) => r.height)).toEqual([0.5, 0.5, 0.5])
  })

  test('run from right to left where one reads so', async () => {
    await text.use('ar')
    const { container } = await render(Bars, { days, of: 'counted' })
    const [first, , last] = rects(container)
    expect(first?.x).toBeGreaterThan(last?.x ?? 0)
  })

  test('are a table for who listens, the newest day first', async () => {
    const { container } = await render(Bars, { days, of: 'counted' })
    await page.getByText('As a table').click()
    expect([...container.querySelectorAll('tbody tr')].map((row) => row.textContent?.trim())).toEqual(['January 3100', 'January 20', 'January 150'])
  })
})

describe('the people of a group', () => {
  test('those who are here come first, and the rest is a number with a way to them', async () => {
    const { container } = await render(People, { group: groupOf(100, [7, 42]) })
    const shown = [...container.querySelectorAll('li')].map((li) => li.querySelector('bdi')?.textContent)
    expect(shown.length).toBe(24)
    expect(shown.slice(0, 3)).toEqual(['Reader 7', 'Reader 42', 'Reader 0'])
    await expect.element(page.getByRole('link', { name: '76 more' })).toBeVisible()
  })

  test('who is here is said, and not only shown in green', async () => {
    const { container } = await render(People, { group: groupOf(2, [1]) })
    expect(container.querySelector('li')?.textContent).toContain('is here now')
  })
})
