// Plain JavaScript, as Jest would turn TypeScript here into CommonJS; Node itself runs what it names as it is.
export { startServers as default } from './servers.ts'
