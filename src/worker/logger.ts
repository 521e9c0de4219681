import { pino, type Logger } from 'pino';

/** One JSON object a line, on stderr. What is logged are target keys and SternaError texts, which hold no secret (R2). */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: ['password', '*.password', 'connection', '*.connection', 'dsn', '*.dsn'], censor: '[redacted]' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
