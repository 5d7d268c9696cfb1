/**
 * Words of the lines that taught the classifier, beside those that plain code knows: read by the one, and told apart by memory.
 * Made by `scripts/train/lines/taught-words.ts` from those lines; before the weights, not after them.
 */
export const TAUGHT_WORDS: ReadonlySet<string> = new Set(
  `
  aa aaaa aanslag aanvoer aanvraag abaissee abaissement abajo abastecimento abc abfahren abfall abfragen
  abgabe abgebaut abgelegt abgemacht abgenommen abgeplatzt abgerutscht abgesetzt abgewiesen abgewiesene
  abgeworfen abheben ablaufsperre ablegereife abonnes abril abrio abrir abriss abriu abschlagvorrichtung
  abschnitt abschreckbad abschreckoel abschreckung absenkung abso absoluto absorbed absorber absperrung
  abstreifer abt abtauen abtauuhr abteil abzug acabado acacias accorciata acd aceptada acero acertada
  acetyleenlucht ach achado achique achsbereich achtung acida acima acm acme acompanhar acople acopos
  acordonada acpi acq across acu ad adaptation adaptativa adapti adc add adding addition addr adds adec
  adega adicionado adj adr ads adsorber adsorptionstrockner adt adutora adv advised advises adware adx aeb
  aee aef aent aeracao aereo aermec aeronautica aerzen aet afastada afastar afd afectado afex affaiblis
  affected afff affichee affissi afgeblazen afgekoeld afgerond afgevallen afiar afp afpomp afrekenen
  afschakeling afsluitboom afss afstand aft afwezigheid agalr agc age agendado agenitor agg aggiornamento
  aggressive agilent agit agitate agitated agitateur agitation agitee agli agora agosto agreed agujeros ah
  ahogado aialr aic aid aide aislador aisle aivdm aivdo ajeno ak akd akkoord aldec algorithm alguem
  alguien alias alid alim alimentando alinhamento aliquots alkoholdampf alone alors alphabetical
  alpitronic alquilada altenheim alteracoes alternadas alternancia alternanza alternately alterung altezza
  altijd altitude altro altx alum aluminium ama amarillo ambar ambiente ambulancia ambulanza amc amf amine
  ammeter amok amoniaklek amont amsco amtron analysis analyst anchorage ancienne anclaje angeklemmt
  angekuendigt angelegt angelueftet angesagt angeschmort angezeigt anguss anillas anlassluft
  anlassluftflasche anleger anlueften anna annc annee annoncee annonces annotation annotato annular annunc
  annunciated annunciator annunciators ano anon anos anotar anr anregung anrufe ansatz anschleudern
  anschliessen anschwemmung ansehen ansetzen ansprechbar anstieg ansul antes antorcha anual anziche aoc
  aol aops apareceu apdu apesar apex apg aplicado aplicados apoio apos apotheek apotheke appairage
  apparent appliance appliances applicator appliquee apply apprentice approached approccio approval approx
  apretados apretar april apt apu aqua aquarea araignee arbitration arburg ardiendo arff arg args ariel
  arithmetic armazem aro arpa arquivos arrancaria arrastre arrivato arriving artefact article artificial
  artikelwechsel artwork asap asdu ashrae ask asked asks aspa aspersao aspersores aspirador aspirando
  assay asse assechement assembly assertion asservissement asset assigned assimilation assinaturas assinou
  associated assume assumiu assured astern astreinte astro astronaut astronomico astuccio asu asv ata atc
  atd atelier atemnot atemschutz atenderam ath atlas atm atmosfera atmosphaere atmosphere atmospheric
  atomiser atr atrapamiento atrium attached attachment attackers attained attendant attended attenuation
  atua atualizacao auch audible audio audivel augen augmentation august aujourd aula auma aumento aunque
  aut autenticato autre autumn auxiliaire availability aval avc avd avec avenida average averaged aviation
  avion avis avisado avisieren avoid avoidance avoided avonddienst avsu awake aware awareness awe awful
  awl aws ax axe axes axialschub ayer az azienda azimutbremse azote azoto azubi azul ba babor babord baby
  bach baf bagnato bagno bague bahnhof bai baia baie bairro baixando bajar bak bakelite bakery balken
  baltur ban bang banned banner baratron barfeeder barniz baro barrage barred barricade basis bastan
  bastano bastao bastidor batardeau bathers bathing baton bauer baum baumschatten bauteil bavard bb bbl
  bbmd bbq bbt bbu bch bcm bcos bd bda bdi bebedero bebedouro became because beck beckhoff bedienaar
  bedienerschutz bedienlessenaar bedienplatz bedienung bedside beep beeped began beginnen beginning
  begonnen begrensd behandel beheerder behoerde beinah beize bekannte beker bekomat believe belimo bellow
  bemerkung bemonstering bend benutzername benutzt beobachten beobachter beobachtung bep beproefd
  bereichsrechner bereitschaft berg berieselung berstspuelung beruehrt besatz bescheid besetzt beside best
  bestuurder betreff betriebsart betriebsleiter betrouwbaar bett betten betw bevochtiging bewerte
  bewertung bewetterung bezoeker bezuegen bezug bfd bfp bg bh bhv bi bias bie biennale bier bijgevuld
  bijverwarming bijzonders bild billed billet billing bind biobank biological biologico biologist biomed
  bip bis biscuit bisque bisschen bitcoin bitumen bivalenz bivalenzpunkt bj bk bkn blaasmond bladder blal
  blanchets blanket blanking blasluft blattheizung blattwechsel blauw bld bldg bleeder bleef bleiben
  bleibend bleu bleue blikseminslag blip blistering blitzschlag bloemen bloom blur blurry blusser bm bmz
  bnalf bnw bo boa boat boats bob bodies bog bogen bogenzaehler boh bohrung boil boiling bol bolzen bom
  bomb bombeiros bombering bomberos bomboletta boolean bootfout bootp bootup bor bordo bore bornier bos
  boss bostel bouchon bouncing boundaries boundary bourg bout boutons boveda bowie boxed bq br braam brace
  braco bramme branchee brandbluspomp branddetektion brandfallsteuerung brandlueftung brandplekken
  brandprogramm brandt brandtrap brandversuch brandweer bras brassage brauhaus braze breathing
  bremschopper bremszeit brewer brewery brick brida brief briefly brightness brique briquetage brl broca
  brochadeira brom bromt bron bronpomp brood brote brouwzaal browse browsed browser bruchstab
  brugbediening brugdek brugdraaiing brusco brut bruta bsc bsia bsk bsl bssid bsw bt btb btms btn btu
  bubbelt buc bucha buckled buderus budget bue buehler buehne buena buerstenlaenge bug built buio buje
  bull bulletin bulls bullwheel bumpless bunkerbrand buona buoni buoy burbujea bureau burr burrs buzz
  buzzer bv bw bws bwt bwts bx byd byp byte bytes bzal cab cabeca cabecote cabezal cada cadastrado cadence
  cag cailloux cair cake cakes cam cambiarlo camicia caminhao campaign cams capa capacidad capacidade
  capacitance capillary cappa capsule captacao captacion captured casa caseta cash cashbox cask cause
  causes cav cavaco cavitacao cavok cayendo cayo cca ccl ccm ccp ccr cct cddsc cdm cdu cef ceid ceinture
  celspanning celverschil cena centaur centravac centrifugado cercafughe cerro cerrojo certd certified
  certmon certs certwatch cesti cet cette cf cfg cfm cfr cfw cg cgbt cgi chaff chairs challenge chamados
  chamei chan chancador chapel characteristic charbons chassis chat chauffeur chbre che chef chem chemist
  chemistry chest chi chiado chiavetta chief chiffres children chimico chirp chirping chirps chk
  chlooramine chloorlucht choc chock choose chorro chrome chronicle chubasco chubb church chuva chw chwp
  chwr chws ci cid cie cifrados cij cim cims cir circle cirurgico cisco cit cita cizalla cksum ckt cl
  claim claire clamd clandestina clar claroty clash clashes claw cle cleanly cleanup cli clicked clicks
  climatix climaveneta climbers clinicas clip clips clone closure cloth cloudy clr cluster cme cmos cmpl
  cms cmt cmti cng cnt coagulant coagulante coal coalescing coasts cock coda coge coherency coherente coke
  col colheitadeira coll colleague collected collecteur collection collective colocada column columna
  combinada combination comida commit commutation compactability companero companeros company comparable
  compartment compartments compass compatible compensate compensates compensation compiled compiler
  complaining complexity compliance composite comprobado comptage comtrade conc concentracao concentratie
  concentrazione concept concierge conclusa concluso concordants condair condensables condensateurs
  condominiale conducibilita conducteur conductiva conf conferido conferidos confiar confusion congelacao
  congestion conseille conservacion conservateur conservative conserve consigliata consignada consignation
  consilium consist consistency consistent consola console constantly constructeur consumato cont contains
  contaminacao conteneur continued continues continuing continuously contracted contractors contradictory
  contralavado contrario contrastar contribution convenga convenient convoyage cook coord coordinated
  coordinates coordinator copco copeland copied copies copy copying coquille corded corn corner coronacion
  corr correction corrective correctly corregir corrimao corsa cortamos cortei cosem cosmetic cosphi cost
  costa cot cote cotton coughing coule couloir coupleurs coupon cour courier cow cowl cows cozinha
  cozinhas cp cpd cpinx cpm cpq cps cpx cr cradle craquelee crawl creek creg crescenti criada criogenico
  crise crl crob crop crossjet crowbar crowcon crq crs crtl cru cruce crude cruise crust cryoshroud csd
  csiv csld csms cssd cst csv ctm ctr cu cubicle cubicles cucina cue cuerda cuite cultura culture cumplido
  cumprida cumprido cupsd cura curative cured curtis curva curve cus custodian custody custom customer
  customers customised cvhe cvl cvm cvss cvw cwp cwr cyan cyanidbad cyber cyble cyc cyclic cyclique
  cyclustijd cytotoxic daba dacs dad daemmerung daemmfeuchte dag dagdienst dagstand dahs dai daikin dalend
  dall dalla dalle dammbalken dammpegel damp dampening damping danach darf dark darunter dash dat dated
  datenpunkt dato dauer dauerdurchfluss dauerhaft dauernd dauert davon dawn dayshift dbc dbcc dbu dbv dbw
  dcl dcu dd dda dde ddm deaeration deaf dealer deassertion debourbage debrief debroussailleuse december
  decentral decide decides decision decisions declared decollage decontam decoupled decret decrypt
  decrystal decs dedans dedup defender deferred definitions deflection deflector degassing degli degraus
  degrillee dehs dehydrator dei deicing deja dejo demobetrieb demonstration demontage depanneur
  depassivation depend dependent depends deployed depotage deprecated dept desalter desarme desbalanco
  desc descebo descripcion descrizione desencravado desensitised deshumidificador desk desktop desligou
  desmaiou desmontado desolforazione dest destilada destillierraum destination destinations destructive
  detachment detail detonation deurrubber deux dex deye deze dfp dfs dgpt dgs dguv dh dhclient dhcpd dht
  dial dialer dialler diameter dicembre dichtgedraaid dichtgeslagen dichtheitskontrolle dichtring dick
  dicom dienstag diesmal dietrich diez diffractometer digestion digger digitalausgang dike dim dimanche
  dimension dimm dimmed dimmer dinamico diode dipped dipstick dir directional directions directrice
  directrices dirt disa disabling disarmed disarming discoloured discrete discussion dish disinfection
  disp dispatched dispense dispenser dispensers dispensing dispersed disservizio dissipatore dissous dist
  distacchi distanz distribuee distribuidora distributor disuelto divider dixell diz dizzy dk dl dlc dlms
  dlr dly dm dma dme dms dmu dmz dnft dno dnp dobby doc doca doccia docking document documentation
  documented doek doel doesnt doff doffing dois dol doll dom dome dominated dompelpomp dood doos dop
  dopamine doppelmantel dor dormant dormitory dorp dosatore dosed dosiert dosisleistung dots dpd dphi dpi
  dpkg dqo dr draaiuren dragged drainage drainpomp dran drehrichtung drei dreimal dreno dressing drew
  dribbling dried drin dritte driving drogende droht droit droop drove drs drueckt drug drukverschil
  drunter druppelbeurt druppellading dryness dsc dsg dsi dsmr dst dtc dtdt duas dummy dunkel dup duplex
  dur durchbruch durchbruchfrueherkennung durchfahren durchlegiert durchsage durchschlagen durezza dusche
  dusty dut duval dv dvc dvcc dvl dw dwd dwnb dx dyke dyn dynamique dynamisation dynamization dz each eal
  eap east eastbridge eat eb ebc ebene ebm ebme ebo eboulis ebrechee ebs ecke eclatement eclipse ecm
  ecretage ecris ecrou eddh eddy edfa edg edgewise edit editor educated eductor edwards edxx eep eerste
  efb efem efetch efetuada eff effettuato effondrement efso eft ehs eht ei eicar eicas eichgueltigkeit
  eight eip eirp eistruhe eiswasser ejecteurs ejection ejercitada ek ekc ekf ekip elap electrician
  electricista electrochemical electronique elektricien elektriker elektrisch elektrodenfraesen
  elektronikon elem eletrolito elettronica elettronico elio eliwell elke elle elsewhere eltek eluent elv
  embaladora emballement embedded embouteilleuse embrague emcp emenda emf emittance emm emmer emotet
  empalme empaquetadura empfindlichkeit employee empuje emqx emr emulsao emv encartuchadeira enchimento
  encima encl encontrado encontro encreur encrier encryption energising enero enertech enforcing enfriando
  engagement engenharia english engoil engoilp engole engrasada enkele enough enraf enrolled ensaiada ent
  entao entdrillen ente enteist entering enterprises entfaellt entities entlueften entlueftungsroutine
  entrained entrainement entrambe entrambi entressafra entriegelung entzogen env envasado envasadora
  environment envmon envolvedora eon eop ep epb epc epd epi eppi eprouvee eps equalisatie equalising
  equals equerrage equilibradas equilibrado equilibrage equilibrar equiv era erala eralr erc erder
  erfolglos ergebnis erkennung erm eronder ersatzaktivteile ersatzgurt ersatzstrom ersatzversorgung
  ersatzwertbetrieb erst erteilt eruit erun erweiterung esausto esb esc escribio esito esmagou eso
  esperando espesador espesor espessura espetou esquentando esr essa essaye essayee essuyee esta
  estacionaria estacoes estado estagio estanqueidad estanqueidade estavel esterno estero estiagem esticada
  estimate estimated estimation estiva esto estourou estrich estw esx esxi et eta etait etancheite etat
  etl etu etuis etuvage etwa eu eue eur eva evac evacuada evacuado evacuando evaporadoras evaporation evc
  evening every everybody everyone everywhere evicted evil evita evt evtl evu ew ewon ewp ews ex exakt
  example exe execution executive exempt existent exists exl exm exp expand expander expedicao experiment
  explained explicit exploded exploding exploitant explorer explosifs exposed expv exv fa faa fab facility
  facing fackel facp fadenbrueche fading faenger fait faite faits fake fallklappen falsata falso falz
  falzapparat familie family faq farbsteuerung farrowing fasi fass fatigue fatta fatto faxina fba fbh fbi
  fcd fcnt fcr fda fdd fdl fdt feared feathered feathering feature feca fechou feel feg feindlichkeit feld
  fella felt fem fentanyl fenwal fep fermentacao fermentation fermi fernwartung fernwartungsrouter
  fernwartungsrouters ferric ferrography ferrugem ferry festo fet fetch fetched fettwechsel feuchtkugel
  feuchtwasser feuerfestmaterial feuerwehrausfahrt feuerwehruebung feuilles fff ffff ffu fgr fgv fh fic
  fiche fichiers fictional fictive fid fija fijada fijado fijo find finds finger fini fino finta fip firma
  firmado fischia fissa fisso fitted fl flackert flake flange flangia flaring flc fleck fleece fleskast
  flessen flex flexes flexy flickered flips flm floated flocc flomo flor flour fls fluff flug flur flusen
  flushed flygt fm fmr fnpt fnu fo fob focus foi folge folgenden folgepause folierol fondo fontein fop fos
  fosforo foto foulard fountain fourneau fox fp fpdma fpm fpy fraesbild fragile fragment fralr freibord
  freibrennen freiflaechenverschleiss freigabeschluessel freigefahren freikuehlung freitag freitext
  freiziehen freon fresar fri frick friction friert frigobar frigoriste frit frl froth frotte frt fru
  frueh fruehschicht fruta fry fsck ftdi fte ftu fuehrungslager fughe fugimos fujitsu fuligem fumigene
  func funcionario fundamentbolzen fundo funi funicular funk funnel further fusorio fuss futterstrang
  futterverlust fuyait fuzz fw fwd fws fz fzrano gaan gabbia gache gado gaeste gain galaxy galerie
  gallagher gammastrahl ganado ganancia gang gant ganze gardien gartenbewaesserung gazeux gc gcm gcs gd
  gdrm gea gebruikt gedaan gedichtet geef geelgroen gefahrenabwehr gefordert gefroren gegeben gegenueber
  gehege gehend gehinderd gehoert geholt geistrohr gekennzeichnet geklebt gekommen gelati gelb geleegd
  gelegenheit geleidbaarheid gelesen gem gemella gemellari gemello gemessen gemisch geo geologo geplaatst
  geplatzt geraeumt geral gerar gerberstr gerichtet geruch gerufen gesammelt gesamt gesamte gesamtsignatur
  gescheiden geschliffen gespuelt gespuid gesteckt gesteld gestern gestiegen gestionale gestuurd get
  getaktet getrocknet gets gewaehrleistet gewaesser gewindebohrer gewoelbe gewollt gewuchtet gezaehlt
  gezet gfyb ggue gh ghost ghz gi gia giants giclee gidsen giesspegel gift gig gigabit gilt ging giornata
  girando gisteren give giveaway given gl gladheid glas glasberg glasdurchbruch glattwasser glazing gld
  gleiche gleichen gleichrichterzweig gleichzeitig gli glimmgeruch glimmt glitch glo glp glrd gls glued
  gluehen glycolniveau gm gmao gmdss gmf gmm gmp gmv goaf gob gocce goggles gohm goma gondelbahn
  gorgogliamento gota gotica goulotte goutteurs gov gown gpa gpgga gph gpl gprmc gprs gpu gpus gpws gr
  graad grabung gradini gradino gradins grafiek graham granulate graos graphics graphite grat grau graus
  gravam gravando gravel graviner grbl grecon greiferoeffner grew grey grietas griff gris groen groep
  grommets grote grp gruenschleife gsc gsi gt gu guadagno guarantee guaranteed guellelagune guessed
  gueulard guia guias guidance guiding gully gummed gummizylinder gunning guru gutteil gutteile guy guys
  gvu gwa gwbk gwm gx gy gym gz haalt haas habe haben habituel hace hacer hach hacia hacker hackfleisch
  hackme hackwerk had haehnchen haengebahn haengen haie hairpin halb halber hallazgos hallway halve ham
  hamburg hammerschlag handheld handhelds handhole handkurbel handtaster handwheel handy handzettel hangar
  hanging happen happened happens harbour harm harsh hauptabsperrung haupthahn haupthubwerk hauptverteiler
  hauptzylinder haus hausanschluss hausanschlusszaehler hausmeister hausse hawk haya hazmon hazop hbsi hc
  hca hda hdc hdm hdop hdr hears heavier hecha hecheln hecho heck heeft heeling hehbt hehdt heidelberg
  heifer heissgasumwaelzer heisskanalverteiler heisslaeuferortung heissluft heizen heizkurve heizraum
  heizversuch heizwicklung heizzentrale hele helideck helio helix help helpdesk helper helpful herd here
  hertek hertz hetp heut hex hfc hfo hg hgc hiccup hichw hid hidden hielp higienizado hil hill him hing
  hinge hint hinten hinterfeld hipoclorito hipot hire hitachi hive hk hld hll hlp hls hlxu hm hmd hmds
  hmetro hob hobelspindel hochfahren hochgelaufen hochlaeufe hochohmig hochspannungspruefung hoe hoge
  hojas hoje holiday hollin honeypot honeywell hoofdverdeler hoogspanning hoort hoosbui hop hopital
  hospital hostapd hostd hostname hotel hotend hotoil housekeeping hoval how howl howls hpv hq hr hrs hsb
  hsfan hsk hsm hsms hsp hsrp hta htg hubsaeule hubzaehler huebe huellkurve hui humectador hums hunts hupe
  hurt hvil hw hx hy hyc hydrauliekpomp hydroset hygiene hygieneinspektion hypo hypochlorite hypoxic hyst
  hzg iata icc ich ici icon icp icu icy idc identisch idf idiff idling idplus idrica idu iedereen ieee
  iemand ieri if ifw ig igfsb ign ignacio igs igualacion igv ii iialr iidpt iii iin iixdr ijzer ik ike
  ilim illumination ilot iluminador imagem imaging imjournal imp impact impacts impasto impedanz implement
  imploded impose inbetriebnehmer inblaas inbound incendiado inch inching incipient incl include included
  incremental incrustacion ind independent independently indexed indicated indicateur indication
  individual inducido inducteur ineffective inertisierung inf inflada inflation influxdb infra infrasound
  inh inim inj injuries inkremente inktwals innen innenwiderstand inoculation inom inox inpakker inplannen
  inse inselnetz inseminated insp insulated insurer int intatto integradora integration integrator
  intelbras intended intensifier intercapedine intercom interdetto interference intermedio intermittently
  interrato interrogation intersection interstice introduced introuvable inventariado inventur invertido
  invertiert invisible invitados invoer invoice involved inzetten ioa iop iout ipa ipaso ipcf ipdu ipm
  ipmievd ipoclorito iq ir irdh irms irr irradiancia irt iset ishida isla ism isp isqueiro isr itic itm
  itron ivm ixh ixm ixt izado izq izquierda ja jaar jaarlijkse jace jacketed jacking jaehrlich jaehrlichen
  jahr jahre jahrespruefung jahreswartung jahreswechsel jail jake janitor jansen januar january jar jars
  jauge jaula jaune java jb jbd jcw jd jede jedem jeden jefe jemand jensen jerk jetfan jetzt jewel jf jgt
  jim jk jkoch jl jlopez jm jms jmw jobsite jog jonquille jordan jornada joules journaliere judge jug
  juice juillet july jumbo june juni junto jusqu jv jwolff jxn kaco kade kaeser kalendereintrag
  kaltsolemangel kam kamstrup kan kanaaldruk kannen kantoor kantpers kar karde kassa kassasysteem kb kbe
  kbecker kd kdl kdump keb keba keel keeping keerrol keg keilriemenwechsel kelderpomp kept kerf kern
  kernzug ketelbeveiliging kettenglied kettfadenbruch kfm kick kid kids kier kieselguhr kiestoon kijken
  kim kindergarten kinetics king kit kl klaerwerk klagt klap klaringskuip kleber kleberaupe klemmkasten
  klinik klipper klx kmp knee knees knew kniehebel knijpen knik knm knocked knoop knotted knotter know
  kocht koelmiddel koelmonteur koelplaat koh kollege kollegen kollektor kollisionserkennung kombigeraet
  kommend kommentar kommentare kommentarfeld komplett komponente kompostwechsel kondensatwanne
  konditionierung kone konserven konto kontrollgewicht kontrolliert konzentration koolborstels koperen
  kopf korrektur kortgesloten kousje kp kpi kpn kr kraanbesturing kraannetwerk kraftmessung kraus krause
  krausen krc kremator kreuz kriechgang krones krooshek krpm kruispunt ksb ksp kss kt ktc ktl kty
  kuehlkoerper kuehlluft kuehlplatte kuehlschmierstoff kuehlwacht kuendigt kuenftig kuerze kuhn kunden
  kunststoff kunz kupfer kurbelwellenlager kurt kurve kurz kurzfristig kurzzeitausloesung kurzzeitig kvarh
  kvf kvo kwam kz kze laadplein laadvenster laagste labko labo laboratorio lackierkabine lacrada lad
  ladder ladecontainer laden ladera ladestrom lads laengenmessung laengung laeuterbottich laeutern
  lagerdeckel lagerrol lagerslijtage lagertausch lagerzustand lah lahh laid lake lal laminati laminatoio
  land langostino lantern lanterns lanzen lap lappen lapping laranja lascel laspunt lat latching laterali
  lato laub lauda laufendem laufender laufkran laugenverteilung laugeverschleppung laundry laval lavar
  lavora lavori lavoro law lay layby layer lbl lbm lbrk lc lchlt lcr ld ldap ldo lds leadership lean learn
  learned learning learnt leased lechuza leesbaar leg legal legale lege legible legno legs leim
  leistungsteil leitapparat leittechnik leitwarte leitwert lej lengthwise lennox lenta lenti leroy lessive
  lesson let lettuce leute levedura lever leveren levert levitation leybold lfg lfl lfp lft lg lgp lh lhd
  lhe liberados liberation library libre lic liegen liegt lieu lievitazione lii lij lijmvat lijst like
  likely lilly limatura limpiarrejas limpo linatronic lind lindenstr lint lip liquor lira lisezmoi
  listener listeria litio litres litro litros little livraison livre lkw llegar llego llevaba lllw llp
  lluvia llw lm lmb lmc lme lmn lmv lna lnb lnc lng lnr loadpct loan loaves lobe lobes loc localhost
  localization located locator lodo loef loeffelzylinder loeschversuch loi lokaal lokal lol loma
  loodgieter look looks lopez lorem lorentz losgelassen losi loudly louver louvres lox lpcb lphd lr lrv
  lsa lsass lsh lsig lsll lsm lta ltd ltm lto lu lubrifiant luchtsper lufkin luftaustritt luftdosierung
  lufterhitzer lum luminarias lump lunch lund lunedi lunes luntenriss lustre lutz luva lux lvg lvp lvrt lw
  lwz lx lye lying lynx maaien maalt maandag maar maasp macflap mach macro madc maerz magasin magazzino
  magic magmon magna magnesium magnete magnetique magnetlager magnetron magnets mail mailbox maiz maize
  malaise mall malla malrubber malt mamba manana manchmal mandar mangote manha maniqui mannschaft mano
  manoever manovre mantle manto manu manually manuelle manufactured manufacturer manutentore mao mapped
  maq marbles mardi marta marzo mascara maskiert massecuite massnahmenwert mastered mastfutter maze mb
  mbarg mberg mbgw mbit mbproxy mbps mcs mcu mdadm mdi mdio mdr mdt mdx meal means meas mecanizado mech
  med medics medio mediodia mee meenemen meetbox meetkamer meg mehl mehlaufgabe meio meister mek
  melangeuse meld meldkamer melkmeter melkontvangst melsec mem meme mems meniscus mennekes mensagem menu
  mercerizer merge merging mesi messaggi messbereichsunterschreitung messenger messkopf messo messraum
  messtaster meta metade metar metasys meteo method metric metrics metrix metro meyer mezz mezzo mfa mfc
  mfdc mfr mft mgb mge mgl mgmt mgo mgps mgr mgs mhu mia mib mic mick microcorte microflex microfreio mid
  middernacht midplane migrar migration mil mileage milieu millbrook mimikatz mirilla mirrored misfiring
  missions mistake mistyping mit mitad mithelfen mitte mittelwert mitternacht mittwoch mixproof mixture mj
  mk mkowalski mkt mmes mmr mmu mmwc mnbu mnesia mo moc mod moenda mogelijk moi moins mois mojada mojado
  molasses molch molchschleuse molestar molg molhada molkerei molten momentanea mon monat monate monatlich
  monatspruefung monday monitorada monitorando monkey montacamas montado montag montageplatz mooi mop
  mordaza morgenochtend morgenvroeg morn mornings mortalite mortality mos mosfet most mosto mostra motoman
  motrice mout mow moxa moyenne mozilla mp mpc mph mpi mpos mps mpt mqttfwd mqttx mr mra mrb mrt msd mse
  msg msgid msgs msh msku mtbf mtconnect mth mtsr mu muddy muehlbach muela muell mueller muellkran
  muendung murphy museum mute mux mva mvar mvb mve mvt mwh mwm my mycom naa naam nabe nabertherm nac
  nachbartruhen nachbrennkammer nachdosieren nachgeliefert nachgewiesen nachholen nachkuehlung
  nachlieferung nachspeisung nachspuelung nachtploeg nachtschicht nachtwartung nachverbrennung nachweisbar
  nachziehen nack nada nadcap nadie nadir naehert nagekeken nagestuurd nail nails nak naks nall named
  naming nano naoh nap naphtha nat native natronlauge natte nav navigazione navtex ncu ndir neemt neg
  negro neonatal neta netbeheerder netcongestie netjes netops netplan netwerkonderbreking neuausmauerung
  neuros neutralisation nf nfe nfpa nfs nfu nh niagara nibe nibp nido niemand niemanden nieuw nieuwe niks
  ninguem nip nipped nippellinie nirvana nite nitric nitrogenio nkb nke nl nmi nms nmt noc nocturna
  nocturno nof noi noir noircie noire nom nombre nome nooddrukbewaking noodkleppen noodkoeler noodkoeling
  noodlozing noodpomp noodzuurstof noon noop noord noout nop nordex nordic nordmann norte north noscrub
  nose nosig nosing nova nps nri nrpe nsa nt ntcip nth nu nuage nube nuisance nulleinspeisung nulpunt num
  numxfers nun nuova nuovi nursery nuvem nvrm nx nxp nxt oa oat oca ocean ocl ocr ocsp octobre od ode odme
  odo odometer odometry odoriermittel odu oeffnungen oefter oelbad oelfeucht oelhydraulik oelkuehler oem
  oficina og ogni oht oi ola olb oldest oleodinamica oliekoeling oliemonster olieverbruik oliewissel olmo
  ombouw omd omdat omgevallen omlaag omni oms omvallers oncology ondervuld onderweg ongewijzigd ongoing
  ontdooien ontem onto ontruimd ontruimt ontspannings onwel oo ook oops oosrv oost oow operamos opere
  opgeslagen ophalen opi opioid oplegging opmerking opmerkingenveld opr opt opti optimass optimizer option
  optional options optisches opvoerhoogte oracle orb orchestration orchids ordenhadas ordentlich ordered
  ordinato organiser origem origen origin originator orkanartige orona ortega ortiz ortslage ortsnetz
  ortung oru osa osc oscar oscillates oscuras oscurata osd osdp osds ospiti ossd ost ota otfw otono otr
  ott ottimale otto oude our ours ouvrir ovality ovc ovf ovr ow owa owasp own owner ows oxigenacion oxyde
  paal pacotes paddle paddock paesi pah pahh painters pair pais pak pal pale palettisation palhada
  palisadenstein palo panasonic panelpc panos papi papierbahnriss papst parafuso paralleled paralleling
  parametriert paraolio parar paratoia parcel parcels paroi partially participant partner pat patamar
  patched patio patrol patrolman patrulla pattern patterns paulo pauze paw pb pca pcc pci pco pd pdc pdcap
  pdf pdx pec peel peeler peep peg pegadas pegou peilbuis peilglas peinture pela pelicula pelletlager
  pellistor pequena pescado pet pete peter petite petrol pettine peu pfeifen pfeiffer pfeift pflege pg pga
  pgm pgs phantom phiptoc phishing phoenix phonie photometer phreatic physicist physics pianificare piano
  piarc pibufss pic picanol pickers pico picture picv pid pids pied pier pigging piglets pigtail pil
  pillar pilz pince pingando pinged pingo pinj pink pinned pinolenlager pinv pinza pioggia piombato pior
  pipa piping pirani pis pistool pitched piu pivo pizza pk pkey pkg pkoch pkt pl plaatse placed plakette
  planificar plateau platelet platelets platzt playbook played plenum pleth plinth plombiert plotter plr
  pls plt pluie plume plunge plunger pmc pmh pmio pmus pnoz po poa poca poi poke polish polished polisher
  polizei polvere polvo polyscope polytron polytropic pom pompiers pon pong poorly pop poplar poppa
  popping pops popup pose posee postazione posted postos postponed potabilizadora potain potential
  potenziale pou pouca pouco pour pouring poussiere pp ppd ppe ppi ppml ppp ppr ppv pq pqi praca practice
  prf prg pri price prim primaerstrom primaire primario primera primo prinect priva private prm pro prob
  probability probable probably probar probo procede procedural procedure proceed prochot prod prods
  producers producing produktverlust proefmelkingen prog prohibited proj projektabgleich projektstand prom
  promag promass prometheus prominent promoted prop properties proposal proposed proposito propre
  propulseur prot protegee protegida protocol protocols protrusion prouvee provider providers provisioned
  provocado provoked proxy prp prt pruefers prueffahrt pruefholz pruefimpulse prueflauf pruefling
  pruefplakette pruefstift prueftaste prueftaster pruefwert pruefzelle pruned psa pse psh psll psod pst
  pti ptrc pts pua publica puddle pue pueblo puffing puis pullcord puls pulsfrequenz pulveriza puma punta
  puo purging purin putzen putzkraft putzmeister puxaram pvc pvi pvpp pw pwd pwi pwino pwm px py pylon
  pylontech pz pzb ra rabboccato rabbocco rabt rac racor radarantenne radgeraeusch radiation radiologia
  radiology radius radon raeumerbruecke raeumstrecke raeumtrupp raf raggiungibile railcar rainfall rak
  ralenti rallentamento rama ramo ramonage ramped rancon rang rank rapidement raps rare raritan rascador
  raschiatore rasselt rather rationalisation rato rattm rattrapees rausgeschickt rayas raymond raz rbc rbt
  rcoax rcv rd rdc rdu rdy rea reabierta reacteur really reapertar reapriete rear rearmou reason
  reassociados reattore reazione rebaba rebarba rebirth rec recalage recalibrer recalque recapture
  recargada recargando recarregar recebido receiving receptora recertified recession rechenreiniger
  rechenreinigung rechenzentrum recibido recirculacao reclosure recoater recolocar reconciliation
  reconexion recorrido recu recubrimiento recuisson recul recuperacao recupero recyc reed reef reelle
  reenterrado refaire refaite referentie refermee refilling refitted reforming refoulement refp refrakt
  refunds refurbishment regardless regarnir regenerar regenereignis regenput regge regime region
  registrare registrata reglamentaria regonfler regreasing regs regulaer regulated regulates reguliere rei
  reifekammer reiferaum reignite reiniciar reinigingsmiddel reisst reizigerstoilet rejeicao rekeyed
  related relave relearn relearned relevant reliable reliably relieved relit rellenado relocation relues
  remap remapped remapping remaster remeasure remedy remeha remnant remolcar remontage remotely
  remplissage remtijd renegotiated renewal renomme rental rented reouvertures rep reparacion reparation
  reparatur repartie reparto repetidor repetir repetiteur repetition replica replicas replicated
  replication repo reposicion repository reprendre repris reprise reprogrammed reprovado requirement
  rerouted resample resealed reserveblokken reses resest residential resina resistivity resoldering
  respaldo resserree resserrer ressonancia resu resurfacing resuscitation resyncing ret retardador
  retarded retenidos retensioned retentor reticle retighten retightened retightening retire retired
  retomada retomado retombees retoque retorque retrain retrains retrasado retraso retrieval retrofit retta
  rettung rev revalidation reversible reversiert reversing reviewers revisados revpi rework reworked
  rewound rewritten rex rezeptdosierung rezeptur rheem rhine rhythm ri riaperta riattivata ribeiro ribs
  rice ricerca ricevitore rich richiamo richiuso richiusura richten richtung ricircolo ricostruzione
  ridden riello riga rigenerazione rigger rii rij rijdt rilancio rim rina ringraum rinnsal rinvenire rio
  riparte ripartiti ripartito ripening ripping ripple ripples riscatto ritirare ritten rivierpeil rk rle
  rlu rma rmd rmk rmn rmo road roam roamed roaming robert robotkast roca rocked rodage rodaje rodoviaria
  rohmilch roja rollenwechsel rollo rollout rolwissels rom roma rond ronda roo rood rookgasreiniging rookt
  roped rossa rosso rot rote rotterdam rotti rouge roupa roux rov roza rp rpi rsa rsl rst rsv rsync
  rsyslogd rt rtb rtl rtsp rua rub ruban rubbed rubber rubbing ruckt rueckbrandklappe rueckfluss
  rueckgesetzt rueckkuehlung ruecklauf rueckspuelen rueckstromsperre rueckwaerts rueckwaertslauf ruehrer
  ruestprotokoll ruetteln ruf ruftaste ruhe ruhendem ruhestrom ruht ruikt ruim ruimtethermostaat ruiz rul
  rumble rumbles rumination russ rustige rut ruta rv rvr rw rwf rwy rxnb rxok rz sa saal saca sacarla
  sachkundigem sachkundiger saemtliche saeubern saeureschlauch sagt said sail saisi saison saisonende
  salad saldatura saldo salicru salmon salon saloon saltan saltar saltos salumi salvo salzsaeurewanne sam
  samedi samstag samsung sanitation sanitisation sank sart sas satisfy saturday sauber sauberem sauf
  saugbagger sauger sauna sav save saver saves saving sb sbd sbe sbilanciato sbin sblocco sbrk sbs sbv sca
  scadono scaffold scaffolders scalance scalded scame scartare scavenge scba sccm scenario
  schachtkopierung schaeumt schakelaar schakelkast scharf scheibenwechsel scheitel schepen scheune
  schiacciato schichtbuch schichtdicke schichtende schichtfreigabe schichtfuehrer schichtuebergabe schiene
  schienen schimmelgevaar schindler schippers schlackeaustrag schlagen schlaglaenge schlagleiste
  schlangenhaus schlechtpunkt schleichfahrt schleifer schleifscheibe schleppketten schleudern schleusung
  schlichtegrad schliesseinheit schliessen schlupf schmelze schmidt schmierzyklus schneckenabwurf
  schneeerzeuger schneidkopf schnellkupplungen schnellschluss schnittkraft school schoolbezoek schoon
  schoonmaak schoonmaken schrader schuiven schule schulung schulungsmodus schussdichte schwefelsaeure
  schweissquelle schwimmdecke scl scm scolo scooters scope scoperta scram scratch screened screening
  scrivi scs scssv sctp scully scuola sdb sdc sdd sddbt sdf sdmo sdo sdp sea sealant search searched
  searching seasoning seca secondaire secundaire seg segatura segunda segundo segurada sekundaer
  sekundentakt selben selinux sellada sellado sello semestriel semiannual sempre sense sensing sensitivity
  sensivel senz sepam separadas sept septum seqrfuf sequenciador sequencing sequential serpentina serrare
  servomoteur servovalve sess sesselbahn sessie seulement sev sfi sfilato sg sgm sha share sharp sharpness
  shd sheen shielded shifted shiftlead shims shiny shiploader shodan shook shoots shop shout sht sicp sid
  sided sidpp siebleitwalze siebwechsel sieges sieht siemens siempre sif sigillato sigma silencioso
  silently silicone sill silvester similar simplex simulationsmodus simulatore simultaneous simultaneously
  sio sip sipvicious sirius sirve sist sister sisters sitio sitop sits sitz sitzt six sizer sj sk skimmed
  sku skx sky sl sla slaat slab slabs slagbomen slam slammed slams slappe sld slideway slijpen slings slm
  sload sloeg slop slops slosh slowed slowly slp slurmctld slxi sm smalto smc smear smeren smgw smi smith
  smoking smoky smontare smooth smoulders smpsynch sms smudged snag sncr snd snelladen sniff sniffer
  snmptrap snmptrapd snmpv snooping so soap sobrante sobressalente sodium soe soiling soir sola solapas
  sold solicitud solid solids solo soltando solution solvants something somewhere son sonne sonnen
  sonnenaufgang sonntag sonntags sono sonoff sonore sonst sont sooted sooty soou sop sopragem soprar sopro
  sorbonne sorry sort sorterwagen sorties sostitutivo soudage sounding sour south soutirage sov soya
  sozinho spaet spaetschicht spalt spannen spannfutter spannhub spanningsloos spannpruefung spantree spar
  sparger spazzolare speak speech spegnere speiseabschnitt sperrfluessigkeit sperrlager sperrung spi spia
  spider spil spinner spinneret spl splash splashed splicing spoelt sponge sporadisch spostare spotted
  spout spp spr sprechverbindung spreekluisterverbinding spreizung sprengung spricht spritzfreigabe
  spritzt sprocket sproeicabine sprueht spuelen spuelprogramm spun spund spunding sq sqli sqlmap squeels
  squeeze squeezed squib sr srel srm srt ssid sso sspa sst ssv staal staan stabilitaetsreserve stadio
  stadtwasser stagnation stained stainless standard standardize stangenkopf stanotte stanzgrat star stave
  staves stayed stddev steckplatz steekproef steel steep steg stehen steigend steingang steinschlag stel
  stelo stemac stench sterility sterilluft sterntube steuerbefehl stichflamme stichstrecke stickers
  stickstoff sticky stiel stijgend stillsetzen stillstaende stimata stirrer stm stpt str strahlenschutz
  straight strapping strassenzug stratified stratos straws stray streaked stream streefhoogte streefpeil
  stroemt strohhaeckslerlager strohwendetrommel stromabnehmer stromlos struggling strumenti stubbing study
  stuetze stuetzen stuetzrolle stuk stukvriezen stulz stun stundenzaehler stutzen stw style styrene succao
  succeed sud sued suena suficiente suggested suitability suivantes suja sujas sul sulphuric sum summarise
  suola suor sup supp supv surface survey surveyor suspension suspicion svg svi swab swapper swapping
  swarm sweat sweats sweet swept swimmers swing swinging swings swipe swung sx symbol symbols symmetric
  symo synchroscope syncing synergic syntax szlu ta tabla tac tactile taegliche tagdesc tagesertrag tagged
  taglio tagname tah tahh takt tal talbrueck talhao talisca talseitig talstr tambor tambour tamburo taped
  tapside tara tarare tard tardar tarde tarifario taste tasto taxa taxi tb tbn tbrg tcg tcm tcsscbr tcu td
  tdc tdd tdiff tea teached teaching tearing teat tec tech teche technikraum techs teco teflon teig
  teilstrecke tejedora tekens tekstveld tele teleallarme telegestao telegraph telemando telematics
  teleruttore tem tenant tenants tendance tendendo tensile tenuta tercer term terminus termosaldatrice
  terno terreo teruggekomen terugzetten terwijl terzo tesla tete tf tfm tftp tg tgms thdi thdu thdv
  thicker think thp threats thrice throat throw thrown thru tht thursday thx thyssen tic tick tiefpunkt
  tierarztbesuch tigbt tige tiger tightened tijdens tiles till tilleuls tilted tim timing tin tiquete
  tirante tiro titanium title titles tl tle tlim tlv tmc tmod tmr tmrw tmv tmw tne toast toaster toca
  toccato tod toda todas toegewezen toevoerklep together toggled toggles toggling toglie toluene tomada
  tomar tomato tomatoes tombe tombee tomorrow tone tongue tonite tonne topup torbereich tordichtung toro
  toroid torr torretta toshiba totalizzatori touched touching tournait tournant tournent tous toward
  towards towel towing town toy tp tps traag trabajadores trabalhar trabalhou tracabilite tracce tracht
  traegt trafilamento tragluft tragseil trainee tram trane transductor transdutor transennata
  transformacion translate transmise transmissometer transplant trappenhuis trasduttore trash trashrk
  trasse trattamento travaux travelling traxoil treberaustrag trebuchement trecho trefolo treibgut
  trekkracht trekt trennt treppenhaus trg tri triangle triangular tricon tried trig trincado
  trinkwasserbrunnen triu trk trl trn tro trockengelaufen trockenpartie trockenwetter trockenzylinder
  troebelheid trommellager tronco tronics tropfen tropfwanne trovis trp trs trunking try tsc tse tset tsh
  tsno tst ttl tto ttxm tubi tubing tubulao tue tuerheizung tuernotoeffnung tuesday tug tugger turb
  turbidez turbocor turbovac turma turnusmaessig tus tussen tutte tutti tuyere tv tvoc twa twee twice twin
  twins twr twt txnb txt typo uac ub ubar uci ucm ud udc ueberdimensioniert ueberflutet uebergabe
  uebergabeplatz ueberlaeuft uebernimmt uebernommen ueberrollfrequenz uebertragungseinrichtung ueberwacht
  uee uel uf ufb ufl ufw ugly ugv uh uhf uhlmann ui uid uir uitslagpeil uitzetten ukc ul ulo ultimo
  ultracap ultrasound uma umani umbau umgebung umgelagert umgesetzt umlagern umlenkrad umruesten
  umruestung umschichten umsetzen umsteuerung umwaelzer umwaelzung umz unban unbedenklich uncapped
  uncoated undelivered undesignated undocumented undrained unfamiliar unformed ungenau unharmed unheard
  unico unidad unidas unique uniquement unklar unlit unloading unmanned unpaired unrund unscaled
  unschedulable unserved unset unsolicited unstamped unstet unstowed unsubscribed unsynced unterfuehrung
  unterhitze unterricht unterrichtet untersagt untertor unterwegs unterwerk untouched untw unwell uoc upd
  uphill upright upw ur urcap url urn urp ursache urteil urv usa usar useless using usr ust ustionati
  usually ususal ut utc uti utm uu uurwaarden uuuu uuuuuuuu
  uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu
  uvt uw uy uz vaca vacas vacate vaciado vacon vacuumed vaillant vak val valable valbeveiliging validada
  validation valla valle vallen valley vanaf vanavond vannacht vano vanochtend vaporiser variacao variant
  varkens varredura vaschetta vase vasetti vaso vault vcu vcut vd vda vdalr vdd vde vdi veeam vegan
  vegapuls vegaswing vegetation vel veld veloce venait vencendo vend vendor vendredi venerdi ventouse vep
  verbal verbrennungsschwingungen verduennungsklappe vergeet vergleich vergleichsmessung vergrendelend
  verharzt verkehrsfaehig verkohlt verlangsamt vermelho vermessen vermischt vermoed vermoedelijk
  vermogensschakelaar vermutet vermutlich vernieuwd vernis verplaatst verplombt verre verriegelnd vers
  verschieden verschil verschluesselt verschluss verstaendigt versus verteilerraum verteilt verter vertiv
  vertrag vervanging vervroegen verwarmingsklep verwendbar verzamelplaats verzoegerung verzoek verzug
  vestas vf vg vgen vh vhp viability viaja vial vials viande victory victron vid videojet viene vier
  viessmann vietato view viewer views vigilancia vigo vijeo village vims vin vinho viper virage visc
  visitante visiteurs visitor visitors viskositaet visno visor vissen vista vistoria visual vitals
  vitocrossal vitodens viu viva vizinhas vizinhos vj vl vlag vlamverlies vld vleesvarkens vlotterfout vmb
  vmc vmhba vmp vmware vnb vochtdetector voedingsdraad voedingspomp vog vogel voicemail void voile voir
  voisine voit volatile volgende vollladung vollzaehlig volontaire volquete volumetrique volunteers voluta
  vonkvrij voorvorm vorab vorgesehen vorhang vorher vorige vorjahr vorlauf vormerken vormonat vorschacht
  vorschrift vorschub vorsorglich vorvakuum vorwaerts vorwoche vos vostro vote voulue voute voyant vp vpc
  vpp vps vpv vr vralr vrij vrijdag vrijgave vrijgegeven vrm vse vswr vtbi vte vts vue vulcaniser
  vulcanising vulkanisiert vuller vulnerabilidades vulnerability vus vv vvb vw vwc vxsh wache wachten
  waermebildturm waermenetz waermerad waf wagenfuge waits wal walkway wallbe walze walzenlager wand
  wanddurchfuehrung war ward wards warranty wartungsdienst wartungsfirma wartungstag watched watching
  watchkeeper watchman watt watts waveform waveguide wavelengths wavy wb wbt wc wcs wd wdc wdg wdt we
  weathervane weathervaned weave webcam webd wed wednesday weekday weekproef weep weeps wehr weighfeeder
  weil weird weiss weiterfahren wel weldolet wellbay wellendichtring wellenlager wellenring wem
  wendeplatte wenn wer werden werkfeuerwehr werkvergunning werkzaamheden werkzeugbruchkontrolle
  werkzeugdaten werkzeugheizung west wfi wg wh what whatever when where which whine whip whirl whisper
  whistle who whole whom whorl whp why wi wib wide widerstand width wiederanlaeufe wiederanlaufsperre
  wiedergekehrt wij wild wilo wimtw wimwv win winbox wincc winderhitzer wing wink wintertijd winterzeit
  wipe wiped wips wirbelschicht wiring wirklich wirkung wirkungsgrad wischend wisp witnessed wixdr wkc wkl
  wko wks wl wm wms wmt wnd wo wob wochenende woechentlich woehr wohnhaus wolke wont wood woodward
  worklist workshop world worst wp wps wrist written ws wsgw wsp wss wtp wtw wuchten wvermeer ww www wx xa
  xb xbpfo xc xcbr xd xfc xfd xfe xfer xff xg xgmf xid xir xlf xload xlsm xm xpd xpr xq xrpm xte xu xw xx
  xyz ya yas yciv yearly yellowing ygen yilmaz yk yoghurt york yr yrc yrs yvaa yxalr za zaagstraat zaal
  zaeh zahn zahneingriff zahneingriffsfrequenz zamboni zanja zapi zebra zeepsop zegt zeigte zeitplaene
  zenith zentrale zet zette zettel zha ziegelwerk ziehen ziehl zijde zijn zimmer zirconia zitschakelaar zn
  zoals zoemt zombie zonsopkomst zr zsc zso zuege zufuehrschnecke zugedreht zugeeist zugefahren zugtaster
  zugverkehr zuid zuig zuigers zuigleiding zuignappen zuil zuletzt zusammengebrochen zustand zuurpomp
  zware zwei zweien zweimal zweitem zweiten zweiter zweites zwijgt zx zyl
`.match(/\S+/g),
)
