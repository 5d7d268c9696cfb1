import { defineErrors } from '../../base/errors.js'

/** What can keep the syslog listener from listening. */
export const errors = defineErrors({
  syslog_port_taken: {
    says: (a: { protocol: string; address: string; port: number }) =>
      `${a.protocol} port ${a.port} on ${a.address} is taken by another program`,
    remedy:
      'Stop that program (`ss -lunpt` names it), or choose another sources.syslog.udp_port or tcp_port.',
  },
  syslog_port_forbidden: {
    says: (a: { protocol: string; address: string; port: number }) =>
      `${a.protocol} port ${a.port} on ${a.address} may not be opened by this user`,
    remedy:
      'Choose a port above 1023, such as 5514, or allow it: `AmbientCapabilities=CAP_NET_BIND_SERVICE` in the unit.',
  },
  syslog_address_unusable: {
    says: (a: { address: string; problem: string }) => `nothing can listen on ${a.address}: ${a.problem}`,
    remedy: 'Set sources.syslog.address to 0.0.0.0, ::, 127.0.0.1 or an address that this board has.',
  },
})
