package handover

import (
	"context"
	"time"
)

// Install is a workspace that has let our app in: what it told of itself, and its tokens, which only the adapter can read.
type Install struct {
	Workspace string
	About     []byte    // JSON
	Sealed    []byte    // encrypted
	Key       string    // the name of the key that they are sealed with
	Expires   time.Time // when they are no good any more; zero: they stay
}

// Installs keeps them, for all processes.
type Installs interface {
	Installs(ctx context.Context) ([]Install, error)
	// SaveInstall keeps a new one, or the newest of a workspace.
	SaveInstall(ctx context.Context, i Install) error
	// Renew shows one to renew, which nobody else renews meanwhile, and keeps what it returns; on an error all stays.
	Renew(ctx context.Context, workspace string, renew func(Install) (Install, error)) error
}
