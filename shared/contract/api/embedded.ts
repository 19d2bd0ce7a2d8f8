import type { Role } from '../person.ts'

/** The workspace, app and person that exist from the first start of an embedded Parley: everywhere the same ids. */
export const embedded = {
  workspaceId: '6f2a1c9e-3b7d-4e58-9a40-5c1d2e8f7b01',
  appId: 'b3d4e7f0-82c6-4a1b-8f95-0e6a7c9d1b02',
  admin: {
    userId: 'local-admin',
    name: 'Local admin',
    /** All a person can be, so that one person alone can walk through every part. */
    roles: ['admin', 'builder', 'approver', 'member'] satisfies Role[] as Role[],
  },
} as const
