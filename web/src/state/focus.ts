// Where the focus goes: to what appears, and, where what had it goes away, to what stands there instead.

/** focused takes the focus as it appears: a question in the place of the button that asked it. */
export function focused(element: HTMLElement): void {
  element.focus()
}

const TAKES = 'button, a[href], input, select, textarea, summary'

/**
 * held remembers what has the focus. What it returns gives the focus back if nothing has it then: to the same
 * element, or, where that is gone, to the row after its own, the row before it, or what is around them.
 */
export function held(by: Element | null = document.activeElement): () => void {
  const heirs = by && by !== document.body ? [by, ...heirsOf(by)] : []
  return () => {
    const now = document.activeElement
    if (now && now !== document.body) return
    heirs.some(takes)
  }
}

/** keepsFocus is for a list whose rows may go away by themselves: the focus of one that goes is given on. */
export function keepsFocus(list: HTMLElement): () => void {
  let had: Element | undefined
  let pass: (() => void) | undefined
  const note = (event: FocusEvent): void => {
    had = event.target as Element
    pass = held(had)
  }
  // Later, when what took the row away is done, and the buttons of the others wait no longer.
  const look = (): void => {
    setTimeout(() => {
      if (had && !had.isConnected) pass?.()
    })
  }
  list.addEventListener('focusin', note)
  const observer = new MutationObserver(look)
  observer.observe(list, { childList: true })
  return () => {
    observer.disconnect()
    look() // the last row takes its list with it
  }
}

function heirsOf(element: Element): Element[] {
  const row = element.closest('li') ?? element.closest('section')
  const rows = row?.parentElement ? [...row.parentElement.children] : []
  const at = row ? rows.indexOf(row) : 0
  const inRows = [...rows.slice(at + 1), ...rows.slice(0, Math.max(0, at)).reverse()].flatMap((r) => (r.matches(TAKES) ? r : (r.querySelector(TAKES) ?? [])))
  const around = row?.parentElement?.closest('section, dialog')
  return [...inRows, ...(around?.querySelectorAll('h2') ?? []), ...(around?.querySelectorAll(TAKES) ?? []), ...document.querySelectorAll('h1')]
}

/** takes gives an element the focus, and reports whether it took it. */
function takes(element: Element): boolean {
  if (!(element instanceof HTMLElement) || !element.isConnected) return false
  if (element.matches('h1, h2')) element.tabIndex = -1
  element.focus()
  return document.activeElement === element
}
