export { syncFolder, writeAtomic } from './atomic.ts'
export { cacheFolder } from './cache-folder.ts'
export { hashFile, hashText } from './hash.ts'
export { withLock, type LockOptions } from './lock.ts'
