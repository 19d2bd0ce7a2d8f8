// The SDK takes a stack trace of every promise that a workflow makes, resolved to lines of the sources. Threads of a
// worker do without (workers/workflow-thread.ts); where the SDK's own replay histories it was two fifths of all they did.
// One line is left, so that a fault of ours still says where it came from. Loaded before the sandbox freezes what runs
// share.
Error.stackTraceLimit = 1
