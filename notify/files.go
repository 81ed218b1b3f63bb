package notify

import (
	"context"
	"errors"
	"fmt"

	"github.com/deskbell/deskbell/handover"
)

// fetchTries is how often a file is asked for, over about a minute: the customer's side of the conversation waits for it.
const fetchTries = 6

// fetch brings what agents' files have from their workspace: looked at, and kept, before a customer can have it.
func (n *Notifier) fetch(ctx context.Context, r handover.Batch) error {
	for _, e := range r.Effects {
		for _, f := range e.Message.Files {
			if !f.Waiting() || e.Message.Deleted {
				continue
			}
			content, err := n.fetched(ctx, f)
			switch {
			case err == nil && len(content) == 0:
				f.Failure = "it is empty"
			case err == nil:
				f.Type, err = handover.FileType(content)
				f.Name = handover.NameFor(f.Name, f.Type)
				f.Size, f.Ready = int64(len(content)), err == nil
			}
			switch {
			case err == nil:
			case errors.Is(err, ErrTooLarge):
				f.Failure = fmt.Sprintf("it is larger than %d MB", n.o.MostFile>>20)
			case errors.Is(err, ErrGone), errors.Is(err, handover.ErrFileType):
				f.Failure = err.Error()
			case r.Failures+1 < fetchTries:
				return errors.New("fetch a file: " + err.Error()) // whatever it was, it counts: the lane does not wait for ever
			default:
				n.o.Logger.ErrorContext(ctx, "a file could not be fetched", "conversation", r.Conversation.ID, "err", err)
				f.Failure = "it could not be fetched. Send it again"
			}
			if f.Ready {
				if err := n.reads.KeepContent(ctx, f.Key, content); err != nil {
					return err
				}
			}
			if _, err := n.desk.Fetched(ctx, e.Message, f); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *Notifier) fetched(ctx context.Context, f handover.File) ([]byte, error) {
	workspace, id, is := f.From()
	if !is || n.o.MostFile == 0 {
		return nil, fmt.Errorf("files are turned off (files.max_megabytes): %w", handover.ErrFileType)
	}
	if f.Size > n.o.MostFile {
		return nil, ErrTooLarge
	}
	w, err := n.workspace(workspace)
	if err != nil {
		return nil, err
	}
	return w.Fetch(ctx, id, n.o.MostFile)
}
