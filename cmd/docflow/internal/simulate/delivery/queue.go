package delivery

import (
	"encoding/json"
	"fmt"
	"time"
)

// message is a message of the queue.
type message struct {
	id       string
	events   []*event
	test     bool
	broken   bool // it holds a record that nobody can read
	receives int
	redriven int
	closed   bool // it takes no more events
	async    bool // EventBridge calls the function with it
	attempts int  // of such calls that failed
	record   bool // it is the record of such a call, for the dead-letter queue
}

// callAttempts is how often Lambda makes an asynchronous call.
const callAttempts = 3

// send puts an event on its way to the queue: into a message of its own, or into one that is about to be sent.
func (m *Model) send(e *event) {
	m.Report.Events++
	m.hold(e, 1)
	delay := time.Duration(m.rng.ExpFloat64() * float64(m.o.Delay))
	if e.form == notification && m.chance(m.o.Together) {
		for i, msg := range m.pending {
			if !msg.closed && len(msg.events) < 5 {
				msg.events = append(msg.events, e)
				m.pending[i] = m.pending[len(m.pending)-1]
				m.pending = m.pending[:len(m.pending)-1]
				return
			}
		}
	}
	msg := m.newMessage()
	msg.events = []*event{e}
	msg.async = e.place.bucket == callBucket
	if e.form == notification {
		msg.broken = m.chance(m.o.Broken)
		m.pending = append(m.pending, msg)
		if len(m.pending) > 8 {
			m.pending = append(m.pending[:0:0], m.pending[1:]...)
		}
	}
	m.after(delay, func() {
		msg.closed = true
		m.show(msg)
	})
	if m.chance(m.o.Tests) {
		test := m.newMessage()
		test.test = true
		m.after(delay, func() { m.show(test) })
	}
}

func (m *Model) newMessage() *message {
	m.Report.Messages++
	return &message{id: fmt.Sprintf("m%08d", m.Report.Messages)}
}

// hold counts copies of an event that are under way.
func (m *Model) hold(e *event, n int) {
	g := e.group
	if g == nil {
		return
	}
	g.flight += n
	m.settled(e.place, g)
}

// show makes a message visible, or moves it to the dead-letter queue.
func (m *Model) show(msg *message) {
	if msg.async {
		m.callWith(msg)
		return
	}
	if msg.receives < m.o.MaxReceive {
		m.visible = append(m.visible, msg)
		m.poll()
		return
	}
	m.bury(msg)
}

// callWith is an asynchronous call, which is tried again after a minute, then after two; then its record goes to the dead-letter queue.
func (m *Model) callWith(msg *message) {
	m.Report.Received++
	if _, ok := m.call(json.RawMessage(msg.body())); ok {
		if m.chance(m.o.Redelivery) { // Lambda may call twice for one event
			m.after(time.Second, func() { m.show(msg) })
			return
		}
		m.remove(msg)
		return
	}
	if msg.attempts++; msg.attempts < callAttempts {
		m.after(time.Duration(msg.attempts)*time.Minute, func() { m.show(msg) })
		return
	}
	msg.async, msg.record = false, true
	m.bury(msg)
}

// bury moves a message to the dead-letter queue, from where it comes back to the queue after a while.
func (m *Model) bury(msg *message) {
	m.Report.DeadLetter++
	if msg.broken && msg.redriven > 0 { // somebody has looked at it
		m.Report.Discarded++
		m.remove(msg)
		return
	}
	m.dead = append(m.dead, msg)
	if m.redrive {
		return
	}
	m.redrive = true
	m.after(m.o.Redrive, func() {
		m.redrive = false
		back := m.dead
		m.dead = nil
		for _, msg := range back {
			msg.receives = 0
			msg.redriven++
			m.show(msg)
		}
	})
}

// remove deletes a message.
func (m *Model) remove(msg *message) {
	for _, e := range msg.events {
		m.hold(e, -1)
	}
}

// poll gives batches to the function while there is a place for an invocation.
func (m *Model) poll() {
	for m.busy < m.o.Pollers && len(m.visible) > 0 && !m.stopped {
		var batch []*message
		for len(batch) < m.o.Batch && len(m.visible) > 0 {
			// SQS takes from any of its servers: nearly first in, first out.
			i := m.rng.IntN(min(len(m.visible), 50))
			msg := m.visible[i]
			m.visible[i] = m.visible[0]
			m.visible[0] = nil
			m.visible = m.visible[1:]
			msg.receives++
			m.Report.Received++
			batch = append(batch, msg)
		}
		m.busy++
		failed, ok := m.invoke(batch)
		spent := m.local - m.now + 10*time.Millisecond
		m.after(spent, func() {
			m.busy--
			for _, msg := range batch {
				m.settle(msg, ok && !failed[msg.id], spent)
			}
			m.poll()
		})
	}
}

// settle is the end of an invocation for a message.
func (m *Model) settle(msg *message, done bool, spent time.Duration) {
	if !done {
		m.after(m.o.Visibility-spent, func() { m.show(msg) })
		return
	}
	if msg.broken {
		m.lost("message %s holds a record that nobody can read, and was answered as done", msg.id)
	}
	if m.chance(m.o.Redelivery) {
		m.after(time.Duration(m.rng.ExpFloat64()*float64(time.Minute)), func() { m.show(msg) })
		return
	}
	m.remove(msg)
}
