// The SDK takes a stack trace of every promise that a workflow makes, resolved to lines of the sources: two fifths of all
// that this thread did. Nobody asks for them, since a run says in its details what it waits for. One line is left, so
// that a fault of ours still says where it came from. Loaded before the sandbox freezes what runs share.
Error.stackTraceLimit = 1
