import type { IClientPublishOptions, IPublishPacket } from 'mqtt'
import type { Incoming, MessageProperties, Outgoing } from './message.js'

/** A PUBLISH packet as our own message. */
export function fromPacket(packet: IPublishPacket): Incoming {
  const p = packet.properties
  const properties: MessageProperties = {}
  if (p?.responseTopic !== undefined) properties.responseTopic = p.responseTopic
  if (p?.correlationData !== undefined) properties.correlationData = p.correlationData
  if (p?.contentType !== undefined) properties.contentType = p.contentType
  if (p?.messageExpiryInterval !== undefined) properties.expirySeconds = p.messageExpiryInterval
  if (p?.payloadFormatIndicator !== undefined) properties.isText = p.payloadFormatIndicator
  if (p?.userProperties !== undefined)
    properties.user = { ...p.userProperties } as Record<string, string | string[]>
  return {
    topic: packet.topic,
    payload: typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload,
    qos: packet.qos,
    retained: packet.retain,
    redelivered: packet.dup,
    ...(packet.messageId === undefined ? {} : { packetId: packet.messageId }),
    properties,
  }
}

/** Our own message as publish options; MQTT 3.1.1 (protocol 4) has no properties. */
export function toPublishOptions(message: Outgoing, protocol: 4 | 5): IClientPublishOptions {
  const { qos = 0, retain = false, properties: p } = message
  if (protocol === 4 || !p) return { qos, retain }
  return {
    qos,
    retain,
    properties: {
      ...(p.responseTopic === undefined ? {} : { responseTopic: p.responseTopic }),
      ...(p.correlationData === undefined ? {} : { correlationData: Buffer.from(p.correlationData) }),
      ...(p.contentType === undefined ? {} : { contentType: p.contentType }),
      ...(p.expirySeconds === undefined ? {} : { messageExpiryInterval: p.expirySeconds }),
      ...(p.isText === undefined ? {} : { payloadFormatIndicator: p.isText }),
      ...(p.user === undefined ? {} : { userProperties: p.user }),
    },
  }
}
