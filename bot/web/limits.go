package web

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter lets each key do so much a minute. It is a courtesy of one process, so it is kept in memory.
type limiter struct {
	perMinute int
	mu        sync.Mutex
	keys      map[string]*rate.Limiter
	swept     time.Time
}

func newLimiter(perMinute int) *limiter {
	return &limiter{perMinute: perMinute, keys: map[string]*rate.Limiter{}, swept: time.Now()}
}

// wait is how long the key must wait; 0: it may go on.
func (l *limiter) wait(key string) time.Duration {
	if l.perMinute == 0 {
		return 0
	}
	burst := max(1, l.perMinute/3)
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.swept) > time.Minute { // full buckets need no memory
		for k, r := range l.keys {
			if r.Tokens() >= float64(burst) {
				delete(l.keys, k)
			}
		}
		l.swept = time.Now()
	}
	r := l.keys[key]
	if r == nil {
		r = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), burst)
		l.keys[key] = r
	}
	res := r.Reserve()
	wait := res.Delay()
	if wait > 0 {
		res.Cancel()
	}
	return wait
}
