package prompt

import (
	"context"
	"errors"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// maxRequest bounds a request that is read back, in bytes.
const maxRequest = 8 << 20

// Check reads the response to a request. When it cannot be used and asking again may
// help, it writes the request that does so. A call that is checked twice is answered the
// same, and writes the same.
func (h *Handler) Check(ctx context.Context, request CheckRequest) (Checked, error) {
	place, err := claim.PlaceOf(request.Request)
	if err != nil {
		return Checked{}, err
	}
	step := stepOf(place.Folder)
	if step == "" {
		return Checked{}, failure.New(failure.InvalidRequest, "%s belongs to no step", request.Request)
	}
	where := place.Output.Response(place.Folder, place.Index, place.Attempt)
	checked := Checked{Status: Unusable, Request: request.Request, Response: where.URI()}
	response, fault, err := h.response(ctx, step, where)
	switch {
	case err != nil:
		return Checked{}, err
	case fault == nil:
		checked.Status = Usable
		h.remember(ctx, place, request.Model, response)
		return checked, nil
	}
	checked.Fault = fault.Name
	if !fault.Repairable() || place.Attempt == claim.MaxRepairs {
		return checked, nil
	}
	var asked bedrock.Request
	if err := claim.GetJSON(ctx, h.S3, place.Output.Request(place.Folder, place.Index, place.Attempt), maxRequest, &asked); err != nil {
		return Checked{}, claim.Failure(err, failure.InvalidRequest)
	}
	if len(asked.Messages) == 0 {
		return Checked{}, failure.New(failure.InvalidRequest, "%s has no messages", request.Request)
	}
	next := place.Attempt + 1
	repair := place.Output.Request(place.Folder, place.Index, next)
	again := bedrock.NewRepair(asked, response.Text(), fault, next == claim.MaxRepairs)
	if ok, err := h.reserveRepair(ctx, place, step, request.Model, again); err != nil || !ok {
		return checked, err
	}
	if _, err := h.writeAttempt(ctx, repair, again); err != nil {
		return Checked{}, err
	}
	h.charge(ctx, step, request.Model, again)
	return Checked{
		Guarded: h.Guardrail != "",
		Status:  Repair, Request: repair.URI(), Response: place.Output.Response(place.Folder, place.Index, next).URI(), Fault: fault.Name,
	}, nil
}

// noResponse is the name of the fault of a call that succeeded and left nothing.
const noResponse = "ResponseNotFound"

// response reads and checks a response; a nil fault means that it can be used.
func (h *Handler) response(ctx context.Context, step bedrock.Step, where claim.Object) (bedrock.Response, *bedrock.AnswerError, error) {
	body, err := claim.Get(ctx, h.S3, where, answer.MaxResponse)
	var storage *claim.StorageError
	if errors.As(err, &storage) {
		switch storage.Kind {
		case claim.NotFound:
			return bedrock.Response{}, &bedrock.AnswerError{Name: noResponse, Step: step}, nil
		case claim.TooLarge:
			return bedrock.Response{}, &bedrock.AnswerError{Name: bedrock.InvalidAnswer, Step: step, Message: "is too long to be read"}, nil
		}
	}
	if err != nil {
		return bedrock.Response{}, nil, claim.Failure(err, noResponse)
	}
	response, _, fault := answer.Parse(step, body.Data)
	if fault == nil {
		return response, nil, nil
	}
	return response, &bedrock.AnswerError{Name: fault.Error, Step: step, Message: fault.Cause}, nil
}
