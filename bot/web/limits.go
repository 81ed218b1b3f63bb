package web

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limits keep one customer, or one address, from taking the channel from the others. In each, 0 means none. They are kept by each
// process for itself.
type Limits struct {
	MessagesPerMinute  int   // of one session; bursts of a third are let through
	SessionsPerMinute  int   // opened from one address
	BadTokensPerMinute int   // tokens that nobody has, from one address
	ReadsPerSecond     int   // of one session: messages read, streams opened, typing told
	StreamsPerSession  int   // open at once
	StreamsPerAddress  int   // open at once
	UploadsPerSession  int   // under way at once
	UploadsPerAddress  int   // under way at once
	BytesPerSession    int64 // uploaded in a day
	BytesPerAddress    int64 // uploaded in a day
	BytesPerDay        int64 // uploaded by all
}

// mostKeys is how many customers, or addresses, a limit knows at once.
const mostKeys = 100_000

// limiter lets each key do so much at a time.
type limiter struct {
	limit rate.Limit
	burst int
	mu    sync.Mutex
	keys  map[string]*rate.Limiter
	swept time.Time
}

// newLimiter allows so many in so long, burst of them at once; 0: any number.
func newLimiter(many int, in time.Duration, burst int) *limiter {
	return &limiter{limit: rate.Limit(float64(many) / in.Seconds()), burst: max(1, burst), keys: map[string]*rate.Limiter{}, swept: time.Now()}
}

// wait is how long the key must wait; 0: it may go on.
func (l *limiter) wait(key string) time.Duration { return l.waits(key, 1) }

// waits takes n at once; with n 0 it only looks whether one would have to wait.
func (l *limiter) waits(key string, n int) time.Duration {
	if l.limit == 0 {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.swept) > time.Minute || len(l.keys) >= mostKeys { // full buckets need no memory
		for k, r := range l.keys {
			if r.Tokens() >= float64(l.burst) {
				delete(l.keys, k)
			}
		}
		if len(l.keys) >= mostKeys {
			clear(l.keys)
		}
		l.swept = time.Now()
	}
	r := l.keys[key]
	if r == nil {
		if n == 0 {
			return 0
		}
		r = rate.NewLimiter(l.limit, l.burst)
		l.keys[key] = r
	}
	if n == 0 {
		return max(0, time.Duration((1-r.Tokens())/float64(l.limit)*float64(time.Second)))
	}
	res := r.ReserveN(time.Now(), n)
	if !res.OK() {
		return time.Hour
	}
	wait := res.Delay()
	if wait > 0 {
		res.Cancel()
	}
	return wait
}

// places are what each key may hold so many of at once.
type places struct {
	most int // 0: any number
	mu   sync.Mutex
	held map[string]int
}

func newPlaces(most int) *places { return &places{most: most, held: map[string]int{}} }

// take gives the key a place, to be released once; false: it has all it may have.
func (p *places) take(key string) (release func(), ok bool) {
	if p.most == 0 {
		return func() {}, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held[key] >= p.most {
		return nil, false
	}
	p.held[key]++
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.held[key]--; p.held[key] == 0 {
			delete(p.held, key)
		}
	}), true
}

// both takes a place of each, or none.
func both(a *places, of string, b *places, from string) (release func(), ok bool) {
	one, ok := a.take(of)
	if !ok {
		return nil, false
	}
	two, ok := b.take(from)
	if !ok {
		one()
		return nil, false
	}
	return func() { one(); two() }, true
}

// day counts bytes of each key, anew each day.
type day struct {
	most int64 // 0: any number
	mu   sync.Mutex
	used map[string]int64
	ends time.Time
}

// take counts n bytes; false: they are too many for today.
func (d *day) take(key string, n int64) bool {
	if d.most == 0 {
		return true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.After(d.ends) || len(d.used) >= mostKeys {
		d.used, d.ends = map[string]int64{}, now.Add(24*time.Hour)
	}
	if d.used[key]+n > d.most {
		return false
	}
	d.used[key] += n
	return true
}

// known remembers which sessions there are, so that a limit on tokens that nobody has meets nobody else.
type known struct {
	mu   sync.Mutex
	sess map[string]struct{}
}

func (k *known) add(who string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.sess == nil || len(k.sess) >= mostKeys {
		k.sess = map[string]struct{}{}
	}
	k.sess[who] = struct{}{}
}

func (k *known) has(who string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	_, is := k.sess[who]
	return is
}

// from is the address that a request's limits are counted for: of IPv6 the network of 64 bits, which one household has.
func from(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	if a = a.Unmap(); a.Is6() {
		p, _ := a.WithZone("").Prefix(64)
		return p.String()
	}
	return a.String()
}
