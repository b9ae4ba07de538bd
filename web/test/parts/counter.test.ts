// The counter's one target: what counts as a tap, and what does not.
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { page, userEvent } from 'vitest/browser'
import { render } from 'vitest-browser-svelte'
import { Refused } from '../../src/core/api'
import type { Zikr } from '../../src/core/model'
import Tap from '../../src/screens/counter/tap.svelte'
import type { Count } from '../../src/state/count.svelte'
import type { GroupView } from '../../src/state/group.svelte'
import { text } from '../../src/state/text.svelte'
import { groupOf } from './groups'

const zikr = groupOf(1).zikrs[0] as Zikr
beforeEach(() => text.use('en'))

function counter({ isMember = true, tap = () => Promise.resolve(), full = false } = {}) {
  const tapped = vi.fn(tap)
  const count = { today: { z: 7 }, pending: () => 25, look: () => Promise.resolve(), tap: tapped } as unknown as Count
  return { tapped, shown: render(Tap, { view: { id: 'g', isMember } as GroupView, zikr, count, full }) }
}
const target = () => page.getByRole('button', { name: /tap anywhere in the circle/ })

describe('a tap', () => {
  test('is a touch, a space, an Enter: one each', async () => {
    const { tapped } = counter()
    await target().click()
    expect(tapped).toHaveBeenCalledTimes(1)
    ;(document.activeElement as HTMLElement).blur()
    await userEvent.keyboard(' ')
    await userEvent.keyboard('{Enter}')
    expect(tapped).toHaveBeenCalledTimes(3)
    expect(tapped).toHaveBeenCalledWith('g', 'z')
  })

  test('with the focus on the target is one, not two', async () => {
    const { tapped } = counter()
    ;(target().element() as HTMLElement).focus()
    await userEvent.keyboard(' ')
    expect(tapped).toHaveBeenCalledTimes(1)
  })

  test('is no letter, and nothing in a field', async () => {
    const { tapped } = counter()
    const field = document.createElement('input')
    document.body.append(field)
    await userEvent.keyboard('a')
    field.focus()
    await userEvent.keyboard(' {Enter}')
    field.remove()
    expect(tapped).not.toHaveBeenCalled()
  })

  test('of who is no member counts nothing', async () => {
    const { tapped } = counter({ isMember: false })
    await expect.element(target()).toBeDisabled()
    await userEvent.keyboard(' ')
    expect(tapped).not.toHaveBeenCalled()
  })

  test('that was not kept is told, and the next one that is takes the words away', async () => {
    let works = false
    counter({ tap: () => (works ? Promise.resolve() : Promise.reject(new Refused('offline'))) })
    await target().click()
    await expect.element(page.getByRole('alert')).toHaveTextContent('There is no connection.')
    works = true
    await target().click()
    await expect.element(page.getByRole('alert')).not.toBeInTheDocument()
  })
})

test('the arc is the share of the goal, what waits to be sent counted', async () => {
  const { container } = await counter().shown
  expect(container.querySelector('.arc circle')?.getAttribute('stroke-dasharray')).toBe('50 100')
})

test('the whole screen is one target, and a key counts once there too', async () => {
  const { tapped } = counter({ full: true })
  const whole = page.getByRole('dialog', { name: 'Full screen' }).getByRole('button', { name: /tap anywhere/ })
  await whole.click()
  await userEvent.keyboard(' ')
  expect(tapped).toHaveBeenCalledTimes(2)
})

test('who leaves the whole screen is where they were', async () => {
  const opener = document.createElement('button')
  document.body.append(opener)
  opener.focus()
  counter({ full: true })
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await expect.element(page.getByRole('dialog')).not.toBeInTheDocument()
  expect(document.activeElement).toBe(opener)
  opener.remove()
})
