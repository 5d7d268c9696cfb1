/** Lines of logs and controllers as many programs write them, around messages of our own. */
const pick = <T>(all: readonly T[], i: number): T => all[i % all.length]!
const two = (n: number) => String(n).padStart(2, '0')

/** The i-th message. */
export const message = (i: number): string =>
  pick(
    [
      `${pick(['valve', 'pump', 'fan', 'belt', 'gate'], i)} ${i % 7} opened after ${i * 3} ms`,
      `pressure at ${i * 1.5} bar`,
      `session closed for user ${pick(['ada', 'ben', 'cleo'], i)}`,
      `retry ${i % 4} of 4: no answer from 10.0.0.${i % 250}`,
      'self test passed',
    ],
    i * 7 + 3,
  )

/** By name: the i-th line around a message. */
export const DIALECTS: Record<string, (i: number, m: string) => string> = {
  'a supercomputer': (i, m) =>
    `- ${1117838570 + i} 2005.06.${two(1 + (i % 28))} R${two(i % 30)}-M${i % 2}-N${i % 9} 2005-06-03-15.42.${two(i % 60)}.675872 R${two(i % 30)}-M${i % 2}-N${i % 9} RAS ${pick(['KERNEL', 'APP', 'DISCOVERY'], i)} ${pick(['INFO', 'FATAL', 'ERROR'], i * 3)} ${m}`,
  'a cluster': (i, m) =>
    `- ${1131566461 + i} 2005.11.09 dn${i % 200} Nov 9 12:01:${two(i % 60)} dn${i % 200}/dn${i % 200} ${pick(['crond(pam_unix)', 'crond', 'ntpd', 'kernel'], i)}${i % 5 === 3 ? '' : `[${2000 + i}]`}: ${m}`,
  'a watch': (i, m) =>
    `20171223-22:15:${two(i % 60)}:${100 + i}|${pick(['Step_A', 'Step_Utils', 'Step_Run'], i)}|30002312|${m}`,
  syslog: (i, m) =>
    `Jun ${two(1 + (i % 28))} 15:16:${two(i % 60)} combo ${pick(['sshd(pam_unix)', 'su(pam_unix)', 'ftpd', 'kernel'], i)}${i % 4 === 3 ? '' : `[${19000 + i}]`}: ${m}`,
  'a laptop': (i, m) =>
    `Jul  ${1 + (i % 8)} 09:00:${two(i % 60)} ${pick(['den-10-105', 'attic-1', 'den-10-9'], i)} ${pick(['kernel', 'com.example.xpc', 'Safari'], i)}[${i % 900}]: ${m}`,
  'a cloud': (i, m) =>
    `api.log.1.2017-05-16_13:53:08 2017-05-16 00:00:${two(i % 60)}.008 ${25740 + (i % 9)} ${pick(['INFO', 'WARNING'], i)} nova.${pick(['api.server', 'compute.manager'], i)} [req-${i}ab-cd - - -] ${m}`,
  'a desktop': (i, m) =>
    `2016-09-28 04:30:${two(i % 60)}, Info                  ${pick(['CBS', 'CSI'], i)}    ${m}`,
  'a phone': (i, m) =>
    `03-17 16:13:${two(i % 60)}.811  1702  ${2300 + (i % 99)} ${pick(['D', 'I', 'W', 'E'], i)} ${pick(['WindowManager', 'PowerService', 'AudioManager'], i)}: ${m}`,
  'a controller': (i, m) => `${two(i % 24)}:${two(i % 60)}:${two((i * 7) % 60)} PLC1 ${m}`,
  'RFC 5424': (i, m) =>
    `<${34 + (i % 8)}>1 2026-11-21T06:${two(i % 60)}:00.003Z press-${i % 3} feeder ${100 + i} ID${i % 9} - ${m}`,
  'RFC 3164': (i, m) => `<${34 + (i % 8)}>Oct 11 22:14:${two(i % 60)} gate su[${i}]: ${m}`,
  'time and level': (i, m) => `2026-11-21T06:10:${two(i % 60)}+01:00 WARN chiller2 ${m}`,
  'a Node program': (i, m) => `[${two(i % 24)}:00:${two(i % 60)}] INFO (pid ${i}): ${m}`,
  'a web server': (i, m) => `10.0.0.${i % 250} - - [21/Nov/2026:08:${two(i % 60)}:03 +0100] ${m}`,
  nothing: (_, m) => m,
}
