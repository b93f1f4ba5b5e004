package engine

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// scheduler runs one execution, and the child executions of its distributed Maps. It lives in the goroutine that called Run,
// and owns all their state: only handlers run elsewhere, and they report back through a channel.
type scheduler struct {
	ctx   context.Context
	opts  *Options
	clock Clock

	source rand.Source // of all randomness
	rand   *rand.Rand  // on source

	world    jsonata.World          // of JSONata: the execution's clock and randomness
	bindings map[string]value.Value // of the JSONata expression that is evaluated

	now     time.Time // of a virtual clock
	started time.Time // of a real clock: when Run began, for what time has passed since
	begin   time.Time // the execution's start

	ready   queue
	timers  timerHeap
	sweepAt int        // how many timers there may be before the void ones are taken out
	seq     uint64     // of the next timer
	waiting []*taskRun // tasks that have to wait for MaxConcurrentTasks
	running int        // tasks whose handlers have not answered
	reports chan report
	over    chan struct{} // closed when the scheduler ends: nobody reads reports any more
	done    bool
	budget  budget
	nesting *nesting

	direct      bool  // handlers are called here, not in goroutines: of a fleet
	transitions int64 // of all executions
}

// queue is a first-in, first-out list of threads that can go on.
type queue struct {
	threads []*thread
	head    int
}

func (q *queue) push(t *thread) { q.threads = append(q.threads, t) }

func (q *queue) pop() *thread {
	if q.head == len(q.threads) {
		return nil
	}
	t := q.threads[q.head]
	q.threads[q.head] = nil
	q.head++
	if q.head == len(q.threads) {
		q.threads, q.head = q.threads[:0], 0
	} else if q.head >= 1024 && q.head*2 >= len(q.threads) {
		n := copy(q.threads, q.threads[q.head:])
		clear(q.threads[n:])
		q.threads, q.head = q.threads[:n], 0
	}
	return t
}

// timer is something that happens at a time. It is void when its thread has gone on in the meantime (another epoch).
type timer struct {
	at     time.Time
	seq    uint64 // of timers for the same time, the one that was set first goes first
	thread *thread
	epoch  uint32
	fire   func(t *thread)
}

func (t *timer) void() bool { return t.thread.dead || t.thread.epoch != t.epoch }

type timerHeap []timer

func (h timerHeap) Len() int { return len(h) }
func (h timerHeap) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].seq < h[j].seq
}
func (h timerHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *timerHeap) Push(x any)   { *h = append(*h, x.(timer)) }
func (h *timerHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = timer{}
	*h = old[:len(old)-1]
	return last
}

// time is the time on the execution's clock.
func (s *scheduler) time() time.Time {
	if s.clock == RealClock {
		return s.begin.Add(time.Since(s.started))
	}
	return s.now
}

// at sets a timer for a thread.
func (s *scheduler) at(when time.Time, t *thread, fire func(t *thread)) {
	if len(s.timers) >= s.sweepAt {
		s.sweep()
	}
	s.seq++
	heap.Push(&s.timers, timer{at: when, seq: s.seq, thread: t, epoch: t.epoch, fire: fire})
}

// sweep takes the void timers out: a task that has ended leaves the timer of its time-out, which may be years away, and with it all that
// its thread held.
func (s *scheduler) sweep() {
	s.timers = slices.DeleteFunc(s.timers, func(t timer) bool { return t.void() })
	heap.Init(&s.timers)
	s.sweepAt = max(256, 2*len(s.timers))
}

// loop runs until the execution is over or ctx ends. It tells whether the execution is over.
func (s *scheduler) loop() bool {
	for !s.exhausted() {
		select {
		case <-s.ctx.Done():
			return false
		default:
		}
		if t := s.ready.pop(); t != nil {
			if !t.dead {
				t.do(t)
			}
			continue
		}
		if !s.idle() {
			return false
		}
	}
	return true
}

// stopped tells whether ctx has ended. What fails then, an evaluation or a reading, may fail because of that, and counts for nothing:
// the execution is about to be aborted.
func (s *scheduler) stopped() bool { return s.ctx.Err() != nil }

// idle waits for what happens next: a handler's answer or a timer. It returns false when ctx has ended.
func (s *scheduler) idle() bool {
	s.dropVoid()
	if s.clock == VirtualClock {
		if s.running > 0 {
			return s.wait(nil)
		}
		if len(s.timers) > 0 {
			s.fire()
		}
		return true
	}
	if len(s.timers) == 0 {
		return s.wait(nil)
	}
	left := s.timers[0].at.Sub(s.time())
	if left <= 0 {
		s.fire()
		return true
	}
	alarm := time.NewTimer(left)
	defer alarm.Stop()
	return s.wait(alarm.C)
}

// dropVoid removes timers that nobody waits for any more from the top, so that they do not move the clock.
func (s *scheduler) dropVoid() {
	for len(s.timers) > 0 && s.timers[0].void() {
		heap.Pop(&s.timers)
	}
}

// fire runs the first timer, and all others for the same time, before anything that follows from them; a virtual clock jumps
// to that time.
func (s *scheduler) fire() {
	at := s.timers[0].at
	if s.clock == VirtualClock && at.After(s.now) {
		s.now = at
	}
	for len(s.timers) > 0 && s.timers[0].at.Equal(at) && !s.exhausted() {
		if next := heap.Pop(&s.timers).(timer); !next.void() {
			next.fire(next.thread)
		}
	}
}

// wait blocks until a handler answers, the alarm rings or ctx ends; only then it returns false.
func (s *scheduler) wait(alarm <-chan time.Time) bool {
	select {
	case r := <-s.reports:
		s.receive(r)
	case <-alarm:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// later puts a thread into the queue, to go on with do.
func (s *scheduler) later(t *thread, do func(t *thread)) {
	t.do = do
	s.ready.push(t)
}
