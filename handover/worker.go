package handover

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Queue gives out the effects that are due. Where a run of effects that post has looked, or comes to its end after its lane was taken over, Done, Retry and
// Fail plan a sweep of its handoff in the same write: a copy may be there.
type Queue interface {
	// Lease gives this worker up to n lanes that have something due and whose limit is free, the most urgent first,
	// each for the length of lease, and takes one place of each limit.
	Lease(ctx context.Context, lanes []string, n int, lease time.Duration, limits []Limit) ([]Batch, error)
	// Done deletes the run's effects and gives its lane back; more says that the lane has other effects.
	// ErrLeaseLost when the lane was taken over.
	Done(ctx context.Context, r Batch) (more bool, err error)
	// Retry gives the lane back with its effects. ErrLeaseLost when the lane was taken over.
	Retry(ctx context.Context, r Batch, b Backoff) error
	// Fail keeps the run's effects as failed for good, and frees the lane. ErrLeaseLost when it was taken over.
	Fail(ctx context.Context, r Batch, cause string) error
}

// Limit is how often a platform lets something be done: once Every for each key, with Burst more at once.
type Limit struct {
	Name  string // the platform, a colon and what is limited: "slack:post"
	Every time.Duration
	Burst int
}

// LimitKey is what a limit counts for: posts in one channel, messages to one customer.
type LimitKey struct{ Name, Key string } // Name is the Limit's; "": nothing is limited

// Backoff says how a lane is given back.
type Backoff struct {
	After      time.Duration
	Failed     bool          // it counts as a failure of the lane's head
	CheckFirst bool          // it may have been done: look first
	Limit      LimitKey      // that must wait as well
	Wait       time.Duration // how long
	Cause      string
}

// Handler does the effects of a run. It may see the same effects twice. See errors.go for what its error says.
type Handler func(context.Context, Batch) error

// Observer hears of every run, for metrics.
type Observer interface {
	// EffectsDone hears of n effects of a kind that took so long, the oldest of which was so old when it was done.
	EffectsDone(k Kind, n int, took, age time.Duration, err error)
}

// WorkerOptions are the worker's knobs.
type WorkerOptions struct {
	Lease    time.Duration // how long a lane is given out; its handler's context ends 5 s before (half-way for short leases); default 30s
	Slots    int           // effects of a group of lanes done at once, default 8; of the think lane half as many
	Limits   []Limit
	Observer Observer
	Logger   *slog.Logger // required
}

// Worker does due effects. Any number of workers, in any number of processes, share the lanes.
type Worker struct {
	queue    Queue
	bus      *Bus
	handlers map[Kind]Handler
	thinking sync.Map // conversations whose thinking this process has not ended, though its time was up
	o        WorkerOptions
}

// GiveUpAfter is how often thinking may fail, or use its whole time: whoever is asked again after that must do without. What
// customers and agents wait for is never given up for time.
const GiveUpAfter = 3

// ErrGaveUp is told to the Observer when thinking is done without, after GiveUpAfter failures.
var ErrGaveUp = errors.New("given up after several failures")

// errOvertime is the failure of a handler that has used its whole time; errStillThinking that of a run whose last attempt goes on.
var (
	errOvertime      = errors.New("it has used its whole time")
	errStillThinking = errors.New("an earlier attempt has not ended")
)

// The groups have slots of their own, so that slow thinking or a slow customer's platform keeps nobody else waiting.
var groups = [][]string{{LaneThink}, {LaneCustomer}, {LaneCard, LaneThread}, {LanePeople, LanePreview}, {LaneErase}}

// Kinds are all the effects that a program must handle.
func Kinds() []Kind {
	return []Kind{KindAnswer, KindBrief, KindIntroduce, KindFetch, KindDeliver, KindState, KindPreview, KindCard, KindTranscript, KindRelay, KindMark, KindSweep, KindRemind, KindErase}
}

// NewWorker returns a worker. A kind without a handler, or a handler for a kind that does not exist, is an error.
func NewWorker(queue Queue, bus *Bus, handlers map[Kind]Handler, o WorkerOptions) (*Worker, error) {
	var errs []error
	for _, k := range Kinds() {
		if handlers[k] == nil {
			errs = append(errs, fmt.Errorf("no handler for effects of kind %q", k))
		}
	}
	for k := range handlers {
		if k.Lane() == "" {
			errs = append(errs, fmt.Errorf("effects of kind %q do not exist", k))
		}
	}
	if o.Lease == 0 {
		o.Lease = 30 * time.Second
	}
	if o.Slots == 0 {
		o.Slots = 8
	}
	return &Worker{queue: queue, bus: bus, handlers: handlers, o: o}, errors.Join(errs...)
}

// Run works until ctx ends, then waits for what is under way, which has drain to finish. With only, just in groups that these lanes are of.
func (w *Worker) Run(ctx context.Context, drain time.Duration, only ...string) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(drain, cancel) })
	defer stop()
	var wg sync.WaitGroup
	for _, lanes := range groups {
		if len(only) > 0 && !slices.ContainsFunc(lanes, func(l string) bool { return slices.Contains(only, l) }) {
			continue
		}
		wg.Go(func() { w.group(ctx, work, lanes) })
	}
	wg.Wait()
	return nil
}

// group keeps one group of lanes going.
func (w *Worker) group(ctx, work context.Context, lanes []string) {
	woken := w.bus.worker(lanes...)
	wake := func() {
		select {
		case woken <- struct{}{}:
		default:
		}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	slots := make(chan struct{}, w.slots(lanes))
	poll := time.NewTicker(time.Second)
	defer poll.Stop()
	for ctx.Err() == nil {
		free := cap(slots) - len(slots)
		var runs []Batch
		if free > 0 {
			var err error
			if runs, err = w.queue.Lease(ctx, lanes, free, w.o.Lease, w.o.Limits); err != nil {
				if ctx.Err() == nil {
					w.o.Logger.WarnContext(ctx, "leasing effects", "err", err)
				}
				runs = nil
			}
		}
		for _, r := range runs {
			slots <- struct{}{}
			wg.Go(func() {
				again, after, ended := w.do(work, r)
				select { // who uses more than its time uses its own slot
				case <-ended:
				case <-work.Done():
				}
				<-slots
				if again {
					wake()
				} else if after > 0 {
					time.AfterFunc(after, wake)
				}
				if len(slots) == cap(slots)-1 {
					wake() // the others had to wait for a slot
				}
			})
		}
		if len(runs) > 0 && len(runs) == free {
			continue
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-poll.C:
		}
	}
}

// slots are how many runs of a group are under way at once: thinking takes processors, and leaves half to the others.
func (w *Worker) slots(lanes []string) int {
	if lanes[0] == LaneThink {
		return max(1, w.o.Slots/2)
	}
	return w.o.Slots
}

// do runs one handler and says whether its lane, or another on its limit, has more to do now, or after a while. ended is closed when the
// handler has returned, which may be later.
func (w *Worker) do(ctx context.Context, r Batch) (again bool, after time.Duration, ended <-chan struct{}) {
	start := time.Now()
	ended, err := w.timed(ctx, r)
	if w.o.Observer != nil && len(r.Effects) > 0 {
		w.o.Observer.EffectsDone(r.Kind, len(r.Effects), time.Since(start), r.Age, err)
	}
	after = w.limited(r)
	save := context.WithoutCancel(ctx)
	switch b := w.backoffFor(ctx, r, err); {
	case err == nil || errors.Is(err, ErrStale):
		err = w.giveBack(ctx, start, func() (err error) { again, err = w.queue.Done(save, r); return err })
	case IsPermanent(err):
		w.o.Logger.ErrorContext(ctx, "effect failed for good", "kind", r.Kind, "conversation", r.Conversation.ID, "err", err)
		again = true
		cause := err.Error()
		err = w.giveBack(ctx, start, func() error { return w.queue.Fail(save, r, cause) })
	default:
		w.o.Logger.WarnContext(ctx, "effect will be tried again", "kind", r.Kind, "conversation", r.Conversation.ID, "failures", r.Failures, "in", max(b.After, b.Wait), "err", err)
		after = max(b.After, b.Wait) + time.Millisecond
		err = w.giveBack(ctx, start, func() error { return w.queue.Retry(save, r, b) })
	}
	if err != nil && (r.Kind != KindErase || !errors.Is(err, ErrLeaseLost)) { // what is erased has no lane to give back
		w.o.Logger.WarnContext(ctx, "effect not given back", "kind", r.Kind, "conversation", r.Conversation.ID, "err", err)
	}
	if w.limited(r) > 0 {
		again = false // its limit is not free yet
	}
	return again, after, ended
}

// giveBack gives a lane back, again and again while the database does not take it: else it would stay leased until its time is over.
func (w *Worker) giveBack(ctx context.Context, leased time.Time, give func() error) error {
	for {
		err := give()
		if err == nil || errors.Is(err, ErrLeaseLost) || ctx.Err() != nil || time.Since(leased) > w.o.Lease {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// timed runs a handler within its time, which ends before its lease. One that thinks and does not return in time has failed: its lane
// is given back while the handler goes on, so that it cannot take the lane for ever.
func (w *Worker) timed(ctx context.Context, r Batch) (ended <-chan struct{}, err error) {
	timeout := w.o.Lease - 5*time.Second
	if timeout <= w.o.Lease/2 {
		timeout = w.o.Lease / 2
	}
	over := make(chan struct{})
	if r.Lane != LaneThink {
		defer close(over)
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		return over, w.handle(ctx, r)
	}
	if r.Failures >= GiveUpAfter {
		w.o.Logger.ErrorContext(ctx, "thinking is given up: it failed several times", "kind", r.Kind, "conversation", r.Conversation.ID, "failures", r.Failures)
		if w.o.Observer != nil {
			w.o.Observer.EffectsDone(r.Kind, len(r.Effects), 0, r.Age, ErrGaveUp)
		}
	} else if _, busy := w.thinking.LoadOrStore(r.Conversation.ID, true); busy {
		close(over)
		return over, errStillThinking
	}
	done := make(chan error, 1)
	go func() {
		defer close(over)
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		err := w.handle(ctx, r)
		if r.Failures < GiveUpAfter {
			w.thinking.Delete(r.Conversation.ID)
		}
		done <- err
	}()
	select {
	case err := <-done:
		return over, err
	case <-time.After(timeout + (w.o.Lease-timeout)/2): // it was told at timeout
		return over, errOvertime
	}
}

func (w *Worker) handle(ctx context.Context, r Batch) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	if len(r.Effects) == 0 {
		return nil
	}
	return w.handlers[r.Kind](ctx, r)
}

// limited is how long the limit of the run's lane is taken.
func (w *Worker) limited(r Batch) time.Duration {
	for _, p := range w.o.Limits {
		if len(r.Effects) > 0 && r.Effects[0].Limit.Name == p.Name {
			return p.Every + time.Millisecond
		}
	}
	return 0
}

// backoffFor says how to try again: an outage moves the limit and counts for nothing; an unknown outcome waits, then looks.
func (w *Worker) backoffFor(ctx context.Context, r Batch, err error) Backoff {
	if err == nil {
		return Backoff{}
	}
	b := Backoff{Cause: err.Error(), Failed: true, After: backoff(r.Failures)}
	var notNow *RetryLaterError
	var unknown *UnknownOutcomeError
	switch {
	case errors.As(err, &unknown):
		b.CheckFirst, b.After = true, max(b.After, 2*time.Second)
	case errors.As(err, &notNow):
		b.Failed, b.After, b.Limit, b.Wait, b.CheckFirst = false, notNow.After, notNow.Limit, notNow.After, notNow.CheckFirst
	case ctx.Err() != nil: // we are stopping
		b.Failed, b.After = false, 0
	}
	return b
}

// backoff is 1 s, doubled for each failure up to a minute, a quarter more or less.
func backoff(failures int) time.Duration {
	d := time.Second << min(failures, 6)
	return time.Duration(float64(min(d, time.Minute)) * (0.75 + rand.Float64()/2))
}
