package handover

import (
	"context"
	"time"
)

// Deed is what the audit log keeps: what people may ask about.
type Deed string

// The deeds.
const (
	DeedSignedIn   Deed = "signed in"
	DeedRefused    Deed = "sign-in refused"
	DeedSignedOut  Deed = "signed out"
	DeedRead       Deed = "read personal data"
	DeedExported   Deed = "exported"
	DeedErasing    Deed = "asked to erase"
	DeedErased     Deed = "erased"
	DeedPaused     Deed = "paused"
	DeedResumed    Deed = "resumed"
	DeedConfigured Deed = "configuration changed"
)

// AuditEntry is a line of the audit log, which is only added to. Whom it was about is a random id: it says what was done to one and the same
// person, and once they are erased nothing leads from it to them.
type AuditEntry struct {
	ID           int64
	At           time.Time
	Who          string // an agent, or the command line and its user
	Deed         Deed
	Conversation int64  // whom it was about; read: 0 once that is erased, or when nobody
	Subject      string // read: their random id; "": nobody
	Detail       string // never anything personal

	Within time.Duration // kept only if the same was not within this time; 0: always
}

// AuditLog keeps who did what that people may ask about.
type AuditLog interface {
	// Audit adds an entry.
	Audit(ctx context.Context, e AuditEntry) error
	// Audited returns the newest n entries before the one with this id, the newest first; before 0: of all.
	Audited(ctx context.Context, before int64, n int) ([]AuditEntry, error)
}
