/** What is said of a trouble that only its kind or its thing is known of. */
import type { Category, Component } from '../verdict.js'

/** What a fault without a name is of, by the thing that has it. */
export const CATEGORY_OF_FAULT: Partial<Record<Component, Category>> = {
  motor: 'electrical',
  drive: 'electrical',
  inverter: 'electrical',
  power_supply: 'electrical',
  battery: 'electrical',
  transformer: 'electrical',
  generator: 'electrical',
  bearing: 'vibration',
  sensor: 'sensor_fault',
  network: 'communication',
  safety_device: 'safety',
  freezer: 'temperature',
  chiller: 'temperature',
  gearbox: 'wear_maintenance',
}

/** Cause and action when only the kind of trouble is known. */
export const CAUSES: Partial<Record<Category, [string, string]>> = {
  security: ['Somebody does what he must not.', 'Find out who and from where; change credentials.'],
  safety: [
    'A protective function acted or is broken.',
    'Keep it stopped until the cause is found and the function is tested.',
  ],
  leak: ['Liquid or gas where it must not be.', 'Isolate and find the place.'],
  sensor_fault: ['The value is not to be believed.', 'Check cable, supply and the sensor.'],
  vibration: [
    'Imbalance, misalignment, looseness or bearing damage.',
    'Take a spectrum, check alignment and bearings.',
  ],
  temperature: ['Cooling, load, lubrication or surroundings.', 'Check cooling and load.'],
  pressure: ['Supply, outlet, filter or regulator.', 'Check valves, filter and regulator.'],
  level_flow: ['Supply, outlet, blockage or pump.', 'Check valves, strainer and pump.'],
  electrical: ['Supply, load, cable or insulation.', 'Check supply, load and insulation.'],
  communication: ['Cable, supply, address or load of the partner.', 'Check power, cable and address.'],
  configuration: ['Settings do not fit.', 'Compare settings with the documentation.'],
  wear_maintenance: ['A part is worn or its service is due.', 'Plan the service.'],
  process_deviation: ['The process is not where it should be.', 'Look at the machine and what it waits for.'],
}
