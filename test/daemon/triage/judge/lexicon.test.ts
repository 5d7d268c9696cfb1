import t from 'tap'
import { judge } from '../../../../daemon/triage/judge/judge.js'
import { lexicon } from '../../../../daemon/triage/judge/lexicon.js'
import { marks } from '../../../../daemon/triage/slm/form.js'

const verdictOf = (line: string) => judge({ line, source: 'plc' })

t.test('a trade adds what plain code knows, and no mark that the line model would have to learn', async t => {
  const { conditions } = lexicon()
  t.equal(new Set(conditions.map(c => c.id)).size, conditions.length, 'each condition once')
  t.notOk(conditions.some(c => c.id === 'lift_trouble'))
  t.notOk(marks().includes('<x_lift_trouble>'))
  const said = verdictOf('lift 7 stuck between floors')
  t.equal(said.reason.startsWith('lift trouble'), true, said.reason)
  t.equal(said.component, 'machine')
})

t.test('seven languages say the same trouble, and that it is over', async t => {
  const lines: Record<string, [string, string]> = {
    en: ['bearing temperature too high', 'bearing temperature back to normal'],
    de: ['Lagertemperatur zu hoch', 'Lagertemperatur wieder in Ordnung'],
    fr: ['température palier trop haute', 'température palier : retour à la normale'],
    es: ['temperatura de rodamiento demasiado alta', 'temperatura de rodamiento: vuelta a la normalidad'],
    it: ['temperatura cuscinetto troppo elevata', 'temperatura cuscinetto: ritorno alla normalita'],
    nl: ['lagertemperatuur: temperatuur te hoog', 'lager temperatuur weer normaal'],
    pt: ['temperatura do rolamento elevada', 'temperatura do rolamento: voltou ao normal'],
  }
  for (const [language, [trouble, over]] of Object.entries(lines)) {
    t.equal(verdictOf(trouble).category, 'temperature', `${language}: ${trouble}`)
    t.equal(verdictOf(over).severity, 'normal', `${language}: ${over}`)
  }
})
