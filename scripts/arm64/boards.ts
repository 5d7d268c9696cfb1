/** Cores that are emulated, with a board that has them. Names of cores are qemu's. */
export const CORES = [
  { cpu: 'cortex-a53', board: 'raspberry-pi-zero-2-w' },
  { cpu: 'cortex-a72', board: 'raspberry-pi-4b' },
  { cpu: 'cortex-a76', board: 'raspberry-pi-5' },
] as const

/** Said to the demo home, one conversation each, so that no answer depends on the one before. */
export const SENTENCES = [
  'turn on the kitchen light',
  'switch the hall lamp off please',
  'dim the bedroom lamp to thirty percent and close the blind',
  'make the living room lights blue',
  'set a timer for ten minutes',
  'what is the temperature in the bedroom',
  'set the heating to twenty one degrees',
  'open the garage door',
  'lock the front door',
  'start the vacuum',
  'turn off everything in the living room',
  'play some jazz in the kitchen',
  'turn on the fan in the cellar',
  'is the front door locked',
  'lower the volume',
  'turn the light in the bathroom on in five minutes',
  'who wrote war and peace',
  'brighter please',
  'close all the blinds except the one in the bedroom',
  'good morning',
] as const
