package zikr

import "context"

// promptKey is where a context says that a read is prompt.
type promptKey struct{}

// Prompt marks reads of the store that are short and that somebody stands at the door for: who
// they are, and whether the server is well. Readers are kept free for them, however many long
// reads (snapshots, logs, exports) others ask for.
func Prompt(ctx context.Context) context.Context {
	return context.WithValue(ctx, promptKey{}, true)
}

// IsPrompt reports whether reads of a context are prompt.
func IsPrompt(ctx context.Context) bool {
	prompt, _ := ctx.Value(promptKey{}).(bool)
	return prompt
}
