/** Word lists of the training generator. All made up for this project; none is taken from an evaluation set. */
import type { Kind } from '../../../daemon/commands/vocabulary.js'
import { chance, int, pick, type Random } from './expand.js'

const list = (text: string) =>
  text
    .split(',')
    .map(w => w.trim())
    .filter(Boolean)

export const ROOMS =
  list(`kitchen, living room, bedroom, bathroom, hallway, hall, office, study, garage, dining room, basement,
 attic, loft, nursery, den, lounge, guest room, guest bedroom, master bedroom, main bedroom, kids room, kids' room, children's room, playroom,
 play room, laundry room, utility room, pantry, closet, walk in closet, dressing room, conservatory, sunroom, sun room, porch, front porch, patio, terrace,
 balcony, deck, garden, backyard, back yard, front yard, yard, driveway, shed, workshop, cellar, wine cellar, gym, home gym, library, music room,
 media room, theater, home theater, cinema, game room, games room, family room, sitting room, drawing room, foyer, entryway, entry, entrance,
 entrance hall, landing, stairs, staircase, stairwell, corridor, mudroom, mud room, boot room, spare room, box room, spare bedroom, ensuite, en suite, toilet, washroom,
 powder room, shower room, wet room, upstairs bathroom, downstairs bathroom, upstairs hallway, back bedroom, front bedroom, small bedroom, big bedroom,
 kitchenette, dining area, breakfast nook, great room, greenhouse, barn, stable, cabin, studio, lab, server room, storage room, store room, boiler room,
 garden room, pool, pool house, sauna, rooftop, roof terrace, veranda, bar, reading corner, front room, back room, tv room, hobby room, craft room, sewing room, tool shed, carport, lobby, meeting room, reception, break room, warehouse, canteen, bed room, bath room, court yard, courtyard, bedroom one, bedroom 2, bedroom three, office 2, lawn, chapel, alcove, crawl space`)
export const FLOORS =
  list(`first floor, second floor, third floor, ground floor, top floor, upper floor, lower floor, main floor, 1st floor, 2nd floor,
 ground level, upper level, lower level, basement level, attic floor, bottom floor, middle floor, fourth floor, garden level, mezzanine, upper storey, second story, next floor`)
export const STAIRS = list(
  'upstairs, downstairs, upstairs, downstairs, upstairs, downstairs, outside, outdoors, up stairs, down stairs',
)
export const PEOPLE =
  list(`emma, noah, olivia, liam, mia, lucas, anna, ben, clara, david, ella, felix, grace, henry, isla, jack, kate, leo, lily, max, nina,
 oscar, paul, quinn, rosa, sam, tara, uma, victor, wendy, xavier, yara, zoe, grandma, grandpa, mom, mum, dad, my son, my daughter, the baby, the kids, my wife, my husband, my parents, john, mary, peter, sarah, tom, ravi, priya, chen, ahmed, fatima, ivan, olga, marek, sofia, diego`)
export const MODIFIERS: Partial<Record<Kind, readonly string[]>> = {
  light:
    list(`ceiling, bedside, desk, floor, table, standing, reading, wall, corner, counter, overhead, main, side, fireplace, mirror, vanity, cabinet,
   under cabinet, island, stair, closet, accent, ambient, mood, work, worktop, stove, sink, shower, entry, path, garden, patio, porch, front door, back door, deck, pool, tree, christmas,
   rope, strip, tv, bookshelf, shelf, piano, sofa, couch, bed, left, right, middle, big, small, little, tall, old, new, blue, red, green, white, black, round, square, smart, hue, lava, salt, star, moon,
   globe, pendant, track, recessed, spot, flood, security, motion, driveway, street side, studio, aquarium, plant, grow, display, painting, picture, hood, pantry, gallery, dining, breakfast, kitchen, bedroom, hall, hallway, living room, bathroom, office, garage, nursery, attic, kids, guest, first, second, third, number one, number two, front, back, rear, top, bottom, upper, lower, center, far, near`),
  outlet: list(
    'tv, lamp, heater, fan, kitchen, bedroom, christmas tree, coffee, desk, printer, charger, aquarium, garage, wall, first, second, left, right, smart, wemo, counter, wifi, router, patio, tree',
  ),
  switch: list(
    'kitchen, bedroom, wall, garden, pump, fountain, fence, main, hallway, smart, master, disposal, heater, boiler, left, right, garage, irrigation, alarm, aquarium',
  ),
  fan: list(
    'ceiling, desk, tower, kitchen, bedroom, bathroom, living room, attic, exhaust, extractor, floor, pedestal, table, window, box, stand, left, right, big, small, whole house, garage, office',
  ),
  blind: list(
    'bedroom, kitchen, left, right, office, roller, venetian, bathroom, window, living room, south, east, west, north, big, patio, nursery',
  ),
  curtain: list(
    'bedroom, living room, left, right, shower, blackout, sheer, window, big, loft, theater, main, patio, stage',
  ),
  shade: list('left, right, office, sun, window, south, porch, east, patio, bedroom'),
  shutter: list('kitchen, roller, window, bedroom, left, front, storm, south, shop, security'),
  awning: list('patio, terrace, balcony, front, shop'),
  garage_door: list('left, right, big, main, second, front, back, double'),
  gate: list('front, garden, driveway, side, main, back, farm, security'),
  window: list(
    'kitchen, bedroom, roof, left, right, bathroom, skylight, attic, front, back, office, dining room, car, small',
  ),
  door: list(
    'front, back, side, sliding, patio, main, cellar, garden, balcony, garage, entry, kitchen, shed, barn, screen, porch',
  ),
  lock: list(
    'front door, back door, side door, patio, garage, gate, entry, smart, main, office, cellar, shed, bathroom, balcony',
  ),
  climate: list(
    'living room, bedroom, office, nest, ecobee, upstairs, downstairs, bathroom, floor, main, kitchen, guest room, hallway, nursery, smart, space, electric, gas',
  ),
  air_conditioner: list('bedroom, living room, office, window, main, split, upstairs, portable'),
  tv: list('living room, bedroom, kitchen, samsung, big, lg, smart, basement, small, sony, den, office'),
  speaker: list(
    'kitchen, bedroom, living room, bathroom, sonos, bluetooth, patio, office, left, right, smart, shower, party, garden, bose, portable',
  ),
  vacuum: list(
    'robot, kitchen, downstairs, upstairs, smart, little, living room, old, new, dyson, roborock, irobot',
  ),
  coffee_maker: list('kitchen, office, smart, big, espresso, morning'),
  valve: list('main, garden, water, gas, lawn, irrigation, front, back, pool, heating, shutoff, drip, hose'),
  scene: list(
    'party, movie, reading, dinner, night, morning, romantic, relax, bedtime, sleep, away, vacation, focus, study, guest, cleaning, gaming, sunset, sunrise, cozy, wake up, good night, good morning, cinema, work, yoga, meditation, breakfast, storm, holiday, christmas, baby, quiet, energy, chill, bright, rainbow, homework, cooking, date night, concert, stealth, panic, eco',
  ),
  sensor: list(
    'heat pump, outside, living room, solar, car, water pump, house, phone, freezer, fridge, greenhouse, attic, boiler, tank, well, rain, wind, door, garden, cellar, pool',
  ),
  temperature: list(
    'outside, outdoor, living room, bedroom, freezer, fridge, pool, water, kitchen, greenhouse, attic, cellar, garage, indoor, room, inside, aquarium',
  ),
  humidity: list('bathroom, cellar, bedroom, greenhouse, indoor, outside, living room, basement, room'),
  battery: list(
    'phone, car, tablet, lock, sensor, remote, watch, laptop, doorbell, vacuum, camera, keypad, bike',
  ),
  motion: list(
    'garage, hallway, backyard, front door, living room, camera, porch, stairs, driveway, kitchen',
  ),
  moisture: list('kitchen, bathroom, basement, sink, dishwasher, washer, laundry, boiler'),
  smoke: list('kitchen, hallway, bedroom, garage, attic'),
}
export const ADJECTIVES = list(
  'big, small, old, new, smart, little, main, second, other, tall, red, blue, white, black, fancy, broken, silver, golden, magic, crazy, lucky, wooden, iron',
)
/** Words that name a thing without saying what it is. */
export const ODD_NAMES =
  list(`toaster, kettle, fountain, fish tank, aquarium, printer, router, modem, heater, humidifier, dehumidifier, air purifier, projector, computer, pc, laptop, monitor,
 playstation, xbox, nintendo, game console, freezer, fridge, refrigerator, rice cooker, slow cooker, toothbrush charger, bug zapper, electric blanket, towel rail, towel warmer, water heater, geyser, immersion,
 pump, pool pump, well pump, hot tub, jacuzzi, sauna heater, christmas tree, doorbell, camera, alarm, siren, sprinklers, fireplace, disco ball, lava lamp, amplifier, amp, subwoofer, turntable, record player, jukebox, treadmill, hair dryer, iron, diffuser,
 bottle warmer, baby monitor, cat feeder, pet feeder, food processor, blender, mixer, juicer, air fryer, grill, smoker, generator, compressor, 3d printer, soldering iron, drill press, chicken coop, beehive heater, greenhouse heater, grow tent, wifi, hotspot, nas, server, media center, big bertha, rover, dusty, rosie, hal, goldie, sparky, buddy, thunder, snowball, jeeves, alfred, wall e, nemo, clifford, shadow, ziggy, pluto`)

const ONSETS = list(
  'b,br,bl,c,ch,cl,cr,d,dr,f,fl,fr,g,gl,gr,h,j,k,kl,l,m,n,p,ph,pl,pr,qu,r,s,sc,sh,sk,sl,sn,sp,st,str,sw,t,th,tr,tw,v,w,x,y,z,zh,kh,ts',
)
const VOWELS = list('a,e,i,o,u,ai,ee,oo,ou,ea,ia,au,oi,y,uu,ae,eo')
const CODAS = list(',,,n,r,l,s,t,m,k,x,nd,rt,st,ck,sh,ng,ll,rk,lm,pt,z')
/** A word that does not exist, so that copying is learned rather than remembered. */
export function invented(random: Random): string {
  let word = ''
  const syllables = int(random, 1, 3)
  for (let i = 0; i < syllables; i++)
    word += pick(random, ONSETS) + pick(random, VOWELS) + (chance(random, 0.6) ? pick(random, CODAS) : '')
  return word
}

export const COLORS =
  list(`red, green, blue, yellow, orange, purple, pink, white, violet, cyan, magenta, turquoise, teal, lime, amber, gold, indigo, lavender, coral,
 salmon, crimson, maroon, navy, navy blue, sky blue, light blue, dark blue, dark green, light green, hot pink, deep purple, royal blue, forest green, mint, peach, beige, ivory, aqua, olive, plum, orchid, tomato, chocolate, silver, khaki, brown, black, grey, lilac, rose, sea green, dark red, deep sky blue, lemon, emerald, ruby`)
export const WHITES = list(
  `warm white, cool white, cold white, daylight, candle light, candlelight, neutral white, soft white, warm, cool, cold, warmer, cooler, natural white, day light, bright white, cozy white`,
)
export const MODES = list(
  'heat, cool, auto, dry, off, fan only, heating, cooling, automatic, eco, heat cool, fan, energy saving, away, sleep, boost, comfort',
)
export const TITLES =
  list(`jazz, rock, classical music, blues, hip hop, country music, techno, lo-fi, some music, my playlist, my favorites, chill vibes, road trip, dinner jazz, workout mix, summer hits, nineties hits, eighties music,
 the beatles, queen, abba, miles davis, daft punk, pink floyd, taylor swift, adele, coldplay, radiohead, nina simone, bach, mozart, beethoven, bob marley, metallica, david bowie, elton john, johnny cash, prince, madonna, drake, rihanna, the rolling stones, led zeppelin,
 yesterday, hey jude, imagine, thriller, hotel california, stairway to heaven, wonderwall, rolling in the deep, smells like teen spirit, take five, blue in green, purple rain, dancing queen, space oddity, clair de lune, the four seasons,
 dark side of the moon, abbey road, kind of blue, back to black, nevermind, rumours, star wars, the matrix, casablanca, jaws, toy story, the godfather, planet earth, seinfeld, the simpsons, friends, doctor who, star trek, sherlock, the crown, the news, the daily, radiolab, this american life, hardcore history, bbc radio four, classic fm, jazz radio, rain sounds, white noise, ocean waves, whale songs, christmas carols, nursery rhymes, lullabies, harry potter, the hobbit, relaxing music, soft jazz, dance music, piano music, party music, kids songs, something relaxing, something upbeat, smooth jazz, heavy metal, eighties pop, nineties rock, love songs, study music, sleep sounds, movie soundtracks, film music, birdsong, disco, folk, soul music, r and b, oldies, acoustic covers, gospel, punk rock, opera`)
export const TIMER_NAMES = list(
  `pizza, pasta, egg, eggs, tea, bread, cookies, cake, laundry, chicken, rice, homework, nap, workout, oven, roast, coffee, potatoes, lasagna, turkey, soup, ribs, meditation, reading, plank, break, bath, dough, burger, steak, salmon, noodles, study, shower, walk the dog, parking, meeting, brownies`,
)

const ONES = list(
  'zero, one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen, fifteen, sixteen, seventeen, eighteen, nineteen',
)
const TENS = list('x, y, twenty, thirty, forty, fifty, sixty, seventy, eighty, ninety')
/** Things that sensors measure, gases and the like. */
export const MEASURED =
  list(`co2, co, n2o, no2, so2, pm1, pm10, pm2.5, pm 2.5, voc, ozone, nitrogen dioxide, sulphur dioxide, nitrous oxide, carbon dioxide, radon, organic compounds, rainfall, rain, wind, wind speed, snow,
 noise, sound pressure, acoustic pressure, apparent power, reactive power, active power, power factor, current draw, voltage drop, frequency, grid frequency, stored energy, energy production, solar production, power consumption, gas consumption,
 water consumption, water usage, water flow, flow rate, tank level, tyre pressure, tire pressure, air pressure, atmospheric pressure, barometric pressure, mileage, distance, data rate, download speed, upload speed, disk usage, file size, memory usage, signal strength, wifi signal, gsm signal,
 irradiance, uv index, moisture, soil moisture, weight, body weight, duration, remaining time, program, price, cost, balance, price per kwh, speed, travelling speed, battery level, battery, brightness, illuminance, ph, salinity, conductivity, dew point, birthday, next alarm`)
/** A number from 0 to 9999 in words. */
export function inWords(n: number): string {
  if (n < 20) return ONES[n]!
  if (n < 100) return TENS[Math.floor(n / 10)]! + (n % 10 ? ` ${ONES[n % 10]}` : '')
  if (n < 1000) return `${ONES[Math.floor(n / 100)]} hundred${n % 100 ? ` ${inWords(n % 100)}` : ''}`
  return `${inWords(Math.floor(n / 1000))} thousand${n % 1000 ? ` ${inWords(n % 1000)}` : ''}`
}
/** A number as people write or say it. */
export const number = (random: Random, n: number): string => (chance(random, 0.5) ? String(n) : inWords(n))

/** Plain words of every sort, for names that nobody could foresee. */
export const COMMON =
  list(`acorn, alpha, amber, anchor, angel, apple, april, arrow, arctic, aspen, atlas, autumn, badger, bamboo, banner, basil, beacon, bear, bella, berry, birch, bishop, blossom, bluebird, bolt, bonsai, breeze, bridge, bronze, brook, bubble, bunny, butter,
 cactus, camel, canyon, captain, caramel, castle, cedar, champion, charlie, cherry, chestnut, chief, cinder, cinnamon, circle, citrus, clover, cloud, cobalt, cobra, comet, compass, copper, coral, cosmo, cotton, coyote, crane, cricket, crow, crystal, daisy, dawn, delta, desert, diamond,
 dolphin, domino, dragon, duchess, dune, dusk, eagle, east, echo, eclipse, ember, emerald, falcon, fern, fiddle, finch, firefly, flamingo, flora, forest, fossil, fox, frost, galaxy, gamma, gazelle, gem, ginger, glacier, granite, grizzly, grove, gull, harbor, harvest, hawk, hazel, heron, hickory,
 hollow, honey, horizon, hummingbird, iceberg, indigo, iris, island, ivory, jade, jasmine, jasper, jet, joker, jungle, juniper, jupiter, kiwi, knight, lagoon, lake, lantern, lark, laurel, lavender, legend, lemon, leopard, lilac, lily, lion, lotus, lunar, lynx, magnet, mango, maple, marble, marlin, mars, meadow, mercury,
 meteor, midnight, mint, misty, monarch, moose, mountain, mustang, nectar, neon, nickel, noble, north, nova, oak, oasis, ocean, octopus, olive, onyx, opal, orbit, orchid, orion, osprey, otter, owl, panda, panther, paprika, peach, pearl, pebble, pelican, pepper, phoenix, pine, pioneer, pirate, planet, pluto, pony, poppy,
 prairie, prism, puffin, pumpkin, quartz, quill, rabbit, raccoon, rainbow, raven, redwood, reef, ridge, river, robin, rocket, rosemary, ruby, rustic, saffron, sage, salmon, sapphire, saturn, scarlet, scout, seashell, sequoia, shamrock, sierra, silk, sky, slate, sparrow, spruce, squirrel, stella, stone, storm, sugar, summit,
 sunflower, swan, tango, tempest, thistle, thunder, tiger, timber, titan, topaz, tornado, trout, tulip, tundra, turtle, twilight, valley, vanilla, velvet, venus, violet, viper, walnut, west, whale, wheat, willow, winter, wolf, wren, yankee, zebra, zenith, zephyr, bench, arch, cage, crate, booth, counter, ladder, mantel, ottoman, pedestal, perch, ramp, rack, trellis, tripod, trunk, tub, vault`)
/** Programs of washing machines, dishwashers, ovens and the like. */
export const PROGRAMS = list(
  `eco, cotton, cotton 60, quick, quick wash, delicate, delicates, wool, synthetics, intensive, rinse, spin, half load, express, express 30, glass, auto, pots and pans, easy care, baby clothes, jeans, sportswear, silk, dark wash, hygiene, self clean, drum clean, pre wash, soak, steam, grill, fan bake, defrost, reheat, popcorn, pizza, bread, pyrolysis, short, night, gentle, daily, mixed load, bedding, towels, curtains, hand wash, sixty degrees, turbo, espresso, lungo, americano, ristretto, latte macchiato, flat white`,
)
