package batch

import (
	"context"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/function"
	"golang.org/x/sync/errgroup"
)

// faultOf is where the state machine writes why there is no result of a document.
func faultOf(output claim.Output) claim.Object { return object(output, "fault.json") }

// survey is what lies in the folder of a document.
type survey struct {
	faulty  bool
	folders map[string]bool // that have requests
	pending []pending
}

// asked tells that a call of a step was prepared.
func (s survey) asked(folder string) bool { return s.folders[folder] }

// pending is a call that is still to be made: its last request has no response, and it has no error.
type pending struct {
	document int // number in the list
	folder   string
	index    int
	attempt  int   // of the request; above 0 it is a repair
	bytes    int64 // of the request
}

// surveys looks into the folders of documents.
func (h *Handler) surveys(ctx context.Context, documents []Document) ([]survey, error) {
	out := make([]survey, len(documents))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, d := range documents {
		group.Go(function.Guarded(func() error {
			var err error
			out[i], err = h.survey(groupContext, i, d.Output)
			return err
		}))
	}
	return out, group.Wait()
}

func (h *Handler) survey(ctx context.Context, document int, output claim.Output) (survey, error) {
	type call struct {
		folder string
		index  int
	}
	type state struct {
		attempt  int
		bytes    int64
		answered bool
		faulty   bool
	}
	s := survey{folders: map[string]bool{}}
	calls := map[call]*state{}
	var order []call
	prefix := strings.TrimSuffix(output.Prefix, "/") + "/"
	err := h.objects(ctx, output.Bucket, prefix, func(key string, size int64) error {
		name := strings.TrimPrefix(key, prefix)
		if key == faultOf(output).Key {
			s.faulty = true
		}
		// analysis/0007.request.json, 0007.repair1.response.json, 0007.error.json: see claim.Output.
		folder, file, ok := strings.Cut(name, "/")
		number, rest, dotted := strings.Cut(strings.TrimSuffix(file, ".json"), ".")
		index, err := strconv.Atoi(number)
		if !ok || !dotted || err != nil {
			return nil
		}
		attempt := 0
		if repair, kind, found := strings.Cut(rest, "."); found {
			n, err := strconv.Atoi(strings.TrimPrefix(repair, "repair"))
			if err != nil || n < 1 || n > claim.MaxRepairs {
				return nil
			}
			attempt, rest = n, kind
		}
		c := call{folder, index}
		if calls[c] == nil {
			calls[c] = &state{attempt: -1}
			order = append(order, c)
		}
		at := calls[c]
		switch rest {
		case "error":
			at.faulty = true
		case "request":
			s.folders[folder] = true
			if attempt > at.attempt {
				at.attempt, at.bytes, at.answered = attempt, size, false
			}
		case "response": // in the order of keys it comes after its request
			at.answered = at.answered || attempt == at.attempt
		}
		return nil
	})
	if err != nil {
		return s, err
	}
	for _, c := range order {
		if at := calls[c]; at.attempt >= 0 && !at.answered && !at.faulty {
			s.pending = append(s.pending, pending{document: document, folder: c.folder, index: c.index, attempt: at.attempt, bytes: at.bytes})
		}
	}
	return s, nil
}

// stepOf is the step of the calls in a folder; those of merges are merge1 and merge2.
func stepOf(folder string) bedrock.Step {
	if strings.HasPrefix(folder, string(bedrock.StepMerge)) {
		return bedrock.StepMerge
	}
	return bedrock.Step(folder)
}
