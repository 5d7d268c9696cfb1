import type { BoardFacts } from '../../daemon/board/facts.js'

/** A board with four nameless ARM cores and 4 GB, and whatever the test says. */
export function boardFacts(some: Partial<BoardFacts>): BoardFacts {
  return {
    architecture: 'arm64',
    compatible: [],
    cpu: { cores: 4, classes: [], features: [] },
    memory: { totalMib: 4000, availableMib: 3500 },
    accelerators: [],
    readings: { temperatures: [] },
    ...some,
  }
}
