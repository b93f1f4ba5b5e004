package text

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// damages are ways in which files get broken on their way, and in which an attacker breaks them.
var damages = []struct {
	name string
	harm func(random *rand.Rand, data, other []byte) []byte
}{
	{"cut", func(random *rand.Rand, data, _ []byte) []byte { return data[:random.IntN(len(data))] }},
	{"head lost", func(random *rand.Rand, data, _ []byte) []byte { return data[random.IntN(len(data)):] }},
	{"bits", func(random *rand.Rand, data, _ []byte) []byte {
		for range 1 + random.IntN(1+len(data)/200) {
			data[random.IntN(len(data))] ^= 1 << random.IntN(8)
		}
		return data
	}},
	{"bytes", func(random *rand.Rand, data, _ []byte) []byte {
		for range 1 + random.IntN(50) {
			data[random.IntN(len(data))] = byte(random.IntN(256))
		}
		return data
	}},
	{"zeros", func(random *rand.Rand, data, _ []byte) []byte {
		start := random.IntN(len(data))
		clear(data[start:min(len(data), start+random.IntN(4096))])
		return data
	}},
	{"hole", func(random *rand.Rand, data, _ []byte) []byte {
		start := random.IntN(len(data))
		end := min(len(data), start+random.IntN(4096))
		return append(data[:start:start], data[end:]...)
	}},
	{"twice", func(random *rand.Rand, data, _ []byte) []byte {
		start := random.IntN(len(data))
		end := min(len(data), start+random.IntN(4096))
		return append(data[:end:end], data[start:]...)
	}},
	{"digits", func(random *rand.Rand, data, _ []byte) []byte {
		// Lengths, offsets and counts: what makes readers allocate and loop.
		for range 20 {
			at := random.IntN(len(data))
			for i := at; i < len(data) && i < at+200; i++ {
				if data[i] >= '0' && data[i] <= '9' {
					data[i] = byte('0' + random.IntN(10))
					break
				}
			}
		}
		return data
	}},
	{"grafted", func(random *rand.Rand, data, other []byte) []byte {
		return append(data[:random.IntN(len(data)):len(data)], other[random.IntN(len(other)):]...)
	}},
}

// TestDamagedDocuments breaks every sample document in many ways. Whatever comes of it, it is a document or a named
// error, in time, without a panic. DOCFLOW_DAMAGED says how many broken documents are made (300 without), and
// DOCFLOW_DOCUMENTS names a folder with more samples.
func TestDamagedDocuments(t *testing.T) {
	count := 300
	if set := os.Getenv("DOCFLOW_DAMAGED"); set != "" {
		var err error
		if count, err = strconv.Atoi(set); err != nil {
			t.Fatal(err)
		}
	}
	type sample struct {
		name string
		data []byte
	}
	var samples []sample
	for _, dir := range []string{documents, os.Getenv("DOCFLOW_DOCUMENTS")} {
		files, err := filepath.Glob(filepath.Join(dir, "*.*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			const small = 1 << 20
			if info, err := os.Stat(file); dir == "" || err != nil || info.Size() == 0 || info.Size() > small || strings.Contains(file, ".truth.") {
				continue
			}
			samples = append(samples, sample{filepath.Base(file), mustReadFile(t, file)})
		}
	}
	const each = 10 * time.Second // the race detector takes its share of it
	var (
		mutex    sync.Mutex
		outcomes = map[string]int{}
		slowest  time.Duration
		slow     string
	)
	group := errgroup.Group{}
	group.SetLimit(runtime.GOMAXPROCS(0))
	for n := range count {
		group.Go(func() error {
			random := rand.New(rand.NewPCG(6, uint64(n)))
			one, other := samples[n%len(samples)], samples[random.IntN(len(samples))]
			damage := damages[n/len(samples)%len(damages)]
			broken := damage.harm(random, append([]byte(nil), one.data...), other.data)
			started := time.Now()
			doc, err := Extract(context.Background(), broken, one.name, Options{Limits: Limits{Time: each}})
			took := time.Since(started)
			outcome := "read"
			var own *Error
			switch {
			case err == nil && doc == nil:
				return fmt.Errorf("%s (%s, %d): neither a document nor an error", one.name, damage.name, n)
			case err != nil && !errors.As(err, &own):
				return fmt.Errorf("%s (%s, %d): an error without a code: %w", one.name, damage.name, n, err)
			case err != nil && strings.Contains(own.Message, "made its reader fail"):
				return fmt.Errorf("%s (%s, %d): the reader panicked: %w", one.name, damage.name, n, err)
			case err != nil:
				outcome = string(own.Code)
			}
			mutex.Lock()
			defer mutex.Unlock()
			outcomes[outcome]++
			if took > slowest {
				slowest, slow = took, fmt.Sprintf("%s (%s, %d)", one.name, damage.name, n)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if outcomes[string(TimedOut)] > 0 {
		t.Errorf("%d documents took longer than %s", outcomes[string(TimedOut)], each)
	}
	t.Logf("%d broken documents of %d samples: %v; the slowest took %s: %s", count, len(samples), outcomes, slowest.Round(time.Millisecond), slow)
}
