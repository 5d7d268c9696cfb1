/** An MQTT message, apart from the client that carries it. Properties exist in MQTT 5 only; 3.1.1 drops them. */

/** What both directions can carry beside topic and payload. */
export interface MessageProperties {
  responseTopic?: string
  correlationData?: Uint8Array
  contentType?: string
  /** Seconds the message is still worth something. */
  expirySeconds?: number
  /** Whether the payload is said to be UTF-8 text. */
  isText?: boolean
  user?: Record<string, string | string[]>
}

/** A message from the broker. */
export interface Incoming {
  topic: string
  payload: Uint8Array
  qos: 0 | 1 | 2
  /** True for what the broker had kept, false for what was published just now. */
  retained: boolean
  /** True when the broker says it delivered this before. */
  redelivered: boolean
  /** The broker's number for this delivery, for QoS 1 and 2. */
  packetId?: number
  properties: MessageProperties
}

/** A message for the broker. */
export interface Outgoing {
  topic: string
  payload: string | Uint8Array
  qos?: 0 | 1 | 2
  retain?: boolean
  properties?: MessageProperties
}
