// Keys that count: space, Enter, and the keys of a headset or a ring of beads that is a keyboard.

const media = ['MediaPlayPause', 'MediaTrackNext', 'AudioVolumeUp', 'PageDown', 'ArrowDown']

/** keys calls tap at each press, until what it returns is called. busy reports whether something else has the keyboard. */
export function keys(tap: () => void, busy: () => boolean): () => void {
  const press = (event: KeyboardEvent): void => {
    const plain = event.key === ' ' || event.key === 'Enter'
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || busy()) return
    // A control that has the focus is pressed by these keys itself.
    if ((plain || event.key.startsWith('Arrow') || event.key === 'PageDown') && owned(event.target)) return
    if (!plain && !media.includes(event.key)) return
    event.preventDefault()
    tap()
  }
  addEventListener('keydown', press)
  const session = navigator.mediaSession
  for (const action of ['nexttrack', 'play', 'pause'] as const) session?.setActionHandler(action, tap)
  return () => {
    removeEventListener('keydown', press)
    for (const action of ['nexttrack', 'play', 'pause'] as const) session?.setActionHandler(action, null)
  }
}

function owned(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('a, button, input, select, textarea, summary') !== null
}
