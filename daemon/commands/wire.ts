/**
 * The little of MQTT that this room needs. It is handed in: the room knows no broker and no client.
 */
export interface Wire {
  /** Resolves when the broker has it (QoS 0: when it is on its way). Rejects when there is no connection. */
  publish(topic: string, payload: string, options?: { retain?: boolean; qos?: 0 | 1 | 2 }): Promise<void>
  /**
   * Calls `handler` for every message on topics that match `filter`. `retained` is true for what the broker had kept.
   * The subscription outlives reconnects.
   * @returns how to end it
   */
  subscribe(
    filter: string,
    handler: (topic: string, payload: Uint8Array, retained: boolean) => void,
  ): Promise<() => Promise<void>>
}
