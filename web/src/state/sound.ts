// The proof of a tap for who does not look: a short click, a short vibration.

let audio: AudioContext | undefined

/** click gives the proofs that are switched on. */
export function click({ sound, vibration }: { sound: boolean; vibration: boolean }): void {
  if (vibration) vibrate()
  if (sound) tick()
}

export function vibrate(): void {
  navigator.vibrate?.(10)
}

export function tick(): void {
  audio ??= new AudioContext()
  const at = audio.currentTime
  const tone = audio.createOscillator()
  const volume = audio.createGain()
  tone.frequency.value = 880
  volume.gain.setValueAtTime(0.12, at)
  volume.gain.exponentialRampToValueAtTime(0.001, at + 0.05)
  tone.connect(volume).connect(audio.destination)
  tone.start(at)
  tone.stop(at + 0.06)
}
