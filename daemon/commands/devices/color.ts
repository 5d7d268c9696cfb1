/** Colours: the names people say, and the ways in which lamps spell them. */

/** Red, green, blue, 0 to 255. */
export type Rgb = readonly [number, number, number]

/** The colour names of CSS. @source CSS Color Module Level 4, named colors */
const CSS = `
  aliceblue f0f8ff, antiquewhite faebd7, aqua 00ffff, aquamarine 7fffd4, azure f0ffff, beige f5f5dc,
  bisque ffe4c4, black 000000, blanchedalmond ffebcd, blue 0000ff, blueviolet 8a2be2, brown a52a2a,
  burlywood deb887, cadetblue 5f9ea0, chartreuse 7fff00, chocolate d2691e, coral ff7f50,
  cornflowerblue 6495ed, cornsilk fff8dc, crimson dc143c, cyan 00ffff, darkblue 00008b,
  darkcyan 008b8b, darkgoldenrod b8860b, darkgray a9a9a9, darkgreen 006400, darkgrey a9a9a9,
  darkkhaki bdb76b, darkmagenta 8b008b, darkolivegreen 556b2f, darkorange ff8c00, darkorchid 9932cc,
  darkred 8b0000, darksalmon e9967a, darkseagreen 8fbc8f, darkslateblue 483d8b, darkslategray 2f4f4f,
  darkslategrey 2f4f4f, darkturquoise 00ced1, darkviolet 9400d3, deeppink ff1493, deepskyblue 00bfff,
  dimgray 696969, dimgrey 696969, dodgerblue 1e90ff, firebrick b22222, floralwhite fffaf0,
  forestgreen 228b22, fuchsia ff00ff, gainsboro dcdcdc, ghostwhite f8f8ff, gold ffd700,
  goldenrod daa520, gray 808080, green 008000, greenyellow adff2f, grey 808080, honeydew f0fff0,
  hotpink ff69b4, indianred cd5c5c, indigo 4b0082, ivory fffff0, khaki f0e68c, lavender e6e6fa,
  lavenderblush fff0f5, lawngreen 7cfc00, lemonchiffon fffacd, lightblue add8e6, lightcoral f08080,
  lightcyan e0ffff, lightgoldenrodyellow fafad2, lightgray d3d3d3, lightgreen 90ee90, lightgrey d3d3d3,
  lightpink ffb6c1, lightsalmon ffa07a, lightseagreen 20b2aa, lightskyblue 87cefa,
  lightslategray 778899, lightslategrey 778899, lightsteelblue b0c4de, lightyellow ffffe0, lime 00ff00,
  limegreen 32cd32, linen faf0e6, magenta ff00ff, maroon 800000, mediumaquamarine 66cdaa,
  mediumblue 0000cd, mediumorchid ba55d3, mediumpurple 9370db, mediumseagreen 3cb371,
  mediumslateblue 7b68ee, mediumspringgreen 00fa9a, mediumturquoise 48d1cc, mediumvioletred c71585,
  midnightblue 191970, mintcream f5fffa, mistyrose ffe4e1, moccasin ffe4b5, navajowhite ffdead,
  navy 000080, oldlace fdf5e6, olive 808000, olivedrab 6b8e23, orange ffa500, orangered ff4500,
  orchid da70d6, palegoldenrod eee8aa, palegreen 98fb98, paleturquoise afeeee, palevioletred db7093,
  papayawhip ffefd5, peachpuff ffdab9, peru cd853f, pink ffc0cb, plum dda0dd, powderblue b0e0e6,
  purple 800080, rebeccapurple 663399, red ff0000, rosybrown bc8f8f, royalblue 4169e1,
  saddlebrown 8b4513, salmon fa8072, sandybrown f4a460, seagreen 2e8b57, seashell fff5ee,
  sienna a0522d, silver c0c0c0, skyblue 87ceeb, slateblue 6a5acd, slategray 708090, slategrey 708090,
  snow fffafa, springgreen 00ff7f, steelblue 4682b4, tan d2b48c, teal 008080, thistle d8bfd8,
  tomato ff6347, turquoise 40e0d0, violet ee82ee, wheat f5deb3, white ffffff, whitesmoke f5f5f5,
  yellow ffff00, yellowgreen 9acd32
`
/** Words for colours that CSS has no name for. */
const MORE =
  'amber ffbf00, rose ff007f, mint 98ff98, peach ffcba4, lilac c8a2c8, burgundy 800020, scarlet ff2400, emerald 50c878, apricot fbceb1, aqua green 7fffd4, ruby e0115f, mustard ffdb58'

const NAMED = new Map(
  `${CSS},${MORE}`.split(',').map(entry => {
    const [, name = '', hex = ''] = /^\s*(.+) ([0-9a-f]{6})\s*$/.exec(entry) ?? []
    return [name.replaceAll(' ', ''), fromHex(hex)] as const
  }),
)

function fromHex(hex: string): Rgb {
  const number = Number.parseInt(hex, 16)
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255]
}

/** A colour as said ("light blue", "Dark-Orange", "#ff8800"). @returns undefined for a word that is no colour we know */
export function colorByName(said: string): Rgb | undefined {
  const word = said.trim().toLowerCase()
  const hex = /^#?([0-9a-f]{6})$/.exec(word)?.[1]
  if (hex) return fromHex(hex)
  return NAMED.get(word.replace(/[\s_-]+/g, ''))
}

/** Whites by name, in kelvin; the usual steps on the boxes of lamps. */
const WHITES = new Map<string, number>([
  ['candle', 2000],
  ['candle light', 2000],
  ['candlelight', 2000],
  ['warm', 2700],
  ['warm white', 2700],
  ['soft white', 2700],
  ['incandescent', 2700],
  ['neutral', 4000],
  ['neutral white', 4000],
  ['white', 4000],
  ['cool', 5000],
  ['cool white', 5000],
  ['cold', 5000],
  ['cold white', 5000],
  ['daylight', 6500],
])

/** A white as said, in kelvin. */
export function whiteByName(said: string): number | undefined {
  return WHITES.get(
    said
      .trim()
      .toLowerCase()
      .replace(/[\s_-]+/g, ' '),
  )
}

/** Kelvin to mireds (micro reciprocal degrees) and, as it is its own inverse, back; whole numbers, as Home Assistant. */
export function kelvinToMired(kelvin: number): number {
  return Math.round(1_000_000 / kelvin)
}

/** Hue 0 to 360, saturation 0 to 100. */
export function rgbToHs([r, g, b]: Rgb): [number, number] {
  const max = Math.max(r, g, b)
  const span = max - Math.min(r, g, b)
  if (span === 0) return [0, 0]
  const sector = max === r ? (g - b) / span : max === g ? 2 + (b - r) / span : 4 + (r - g) / span
  return [round((sector * 60 + 360) % 360, 3), round((span / max) * 100, 3)]
}

/** At full brightness. */
export function hsToRgb(hue: number, saturation: number): Rgb {
  const at = (n: number) => {
    const k = (n + hue / 60) % 6
    return Math.round(255 * (1 - (saturation / 100) * Math.max(0, Math.min(k, 4 - k, 1))))
  }
  return [at(5), at(3), at(1)]
}

/** CIE 1931 x and y (wide gamut, D65). @source Philips Hue "color conversions", as used by Home Assistant */
export function rgbToXy(rgb: Rgb): [number, number] {
  const [r, g, b] = rgb.map(part => {
    const c = part / 255
    return c > 0.04045 ? ((c + 0.055) / 1.055) ** 2.4 : c / 12.92
  }) as [number, number, number]
  const x = r * 0.664511 + g * 0.154324 + b * 0.162028
  const y = r * 0.283881 + g * 0.668433 + b * 0.047685
  const z = r * 0.000088 + g * 0.07231 + b * 0.986039
  const sum = x + y + z
  return sum === 0 ? [0, 0] : [round(x / sum, 3), round(y / sum, 3)]
}

/** At full brightness. The inverse of `rgbToXy`, up to rounding. */
export function xyToRgb(x: number, y: number): Rgb {
  const yy = y === 0 ? 1e-11 : y
  const X = x / yy
  const Z = (1 - x - yy) / yy
  const linear = [
    X * 1.656492 - 0.354851 - Z * 0.255038,
    -X * 0.707196 + 1.655397 + Z * 0.036152,
    X * 0.051713 - 0.121364 + Z * 1.01153,
  ]
  const gamma = linear.map(c => {
    const part = Math.max(0, c)
    return part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055
  })
  const max = Math.max(...gamma, 1e-9)
  return gamma.map(c => Math.round((c / max) * 255)) as unknown as Rgb
}

/** Whether two colours look the same: hue and saturation within what lamps lose by rounding. Brightness is not compared. */
export function alike(a: Rgb, b: Rgb): boolean {
  const [hueA, satA] = rgbToHs(a)
  const [hueB, satB] = rgbToHs(b)
  if (Math.abs(satA - satB) > 12) return false
  const turn = Math.abs(hueA - hueB)
  return Math.min(satA, satB) < 12 || Math.min(turn, 360 - turn) <= 12
}

function round(value: number, digits: number): number {
  const scale = 10 ** digits
  return Math.round(value * scale) / scale
}
