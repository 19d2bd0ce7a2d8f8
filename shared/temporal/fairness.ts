/**
 * Whose turn a task counts as, where more wait than workers can take: each workspace gets its share, however much another
 * one has started. Activities and called runs inherit it. The server has to allow it (`matching.enableFairness`).
 */
export const fairTo = (workspaceId: string) => ({ priority: { fairnessKey: workspaceId } })
