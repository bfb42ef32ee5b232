package muster

import (
	crand "crypto/rand"
	"encoding/binary"
	"math/rand"
	"sync"
	"time"
)

// clock has monotonic time since some start, for all that lasts, and alarms on it. Tests move their own by hand.
type clock interface {
	now() time.Duration
	// alarm sends once that much time has passed. stop ends it early.
	alarm(after time.Duration) (rung <-chan time.Time, stop func())
}

type systemClock struct{ start time.Time }

func (c systemClock) now() time.Duration { return time.Since(c.start) }

func (c systemClock) alarm(after time.Duration) (<-chan time.Time, func()) {
	timer := time.NewTimer(after)
	return timer.C, func() { timer.Stop() }
}

// chance is what is left to chance. Safe for concurrent use.
type chance struct {
	mu     sync.Mutex
	random *rand.Rand
}

func newChance() *chance {
	var seed [8]byte
	if _, err := crand.Read(seed[:]); err != nil {
		binary.LittleEndian.PutUint64(seed[:], uint64(time.Now().UnixNano()))
	}
	return &chance{random: rand.New(rand.NewSource(int64(binary.LittleEndian.Uint64(seed[:]))))}
}

// uniform is between low and high.
func (c *chance) uniform(low, high float64) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return low + (high-low)*c.random.Float64()
}

// below is between 0 and n-1.
func (c *chance) below(n int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.random.Int63n(n)
}

// spread is a duration times a number between low and high.
func (c *chance) spread(length time.Duration, low, high float64) time.Duration {
	return time.Duration(float64(length) * c.uniform(low, high))
}

// doubled is length * 2^times, most at the greatest.
func doubled(length time.Duration, times int, most time.Duration) time.Duration {
	for ; times > 0 && length < most; times-- {
		length *= 2
	}
	return least(length, most)
}

func least(a, b time.Duration) time.Duration {
	if a < b {
		return a
	}
	return b
}

func greatest(a, b time.Duration) time.Duration {
	if a > b {
		return a
	}
	return b
}
