package prompt

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// cachePlace is where the answer of a model to a request lies. The body has the parameters
// and the text; another model, prompt, text or guardrail is another answer.
func (h *Handler) cachePlace(bucket, model string, body []byte) claim.Object {
	of := model + "\n" + bedrock.PromptVersion() + "\n" + claim.SHA256(body)
	if h.Guardrail != "" {
		of += "\n" + h.Guardrail
	}
	key := claim.SHA256([]byte(of))
	return claim.Object{Bucket: bucket, Key: claim.CachePrefix + key[:2] + "/" + key + ".json"}
}

// cached puts an answer that was given before in the place of the response to a request.
// What it took is not counted again. It is false when there is none that can be used.
func (h *Handler) cached(ctx context.Context, models *spend.Models, output claim.Output, folder string, index int, body []byte) (bool, error) {
	step := stepOf(folder)
	if !h.Cache || models == nil || step == "" {
		return false, nil
	}
	found, err := claim.Get(ctx, h.S3, h.cachePlace(output.Bucket, models.Of(step), body), answer.MaxResponse)
	var storage *claim.StorageError
	if errors.As(err, &storage) && (storage.Kind == claim.NotFound || storage.Kind == claim.TooLarge) {
		return false, nil
	}
	if err != nil {
		return false, claim.Failure(err, noResponse)
	}
	response, _, fault := answer.Parse(step, found.Data)
	if fault != nil {
		return false, nil
	}
	response.Usage, response.Cached = bedrock.Usage{}, true
	data, err := json.Marshal(response)
	if err != nil {
		return false, failure.New(failure.Unexpected, "the cached answer cannot be written as JSON: %v", err)
	}
	return true, claim.Failure(claim.Put(ctx, h.S3, output.Response(folder, index, 0), claim.TypeJSON, data), failure.InvalidRequest)
}

// remember keeps a usable answer to a first try: never one that a repair had to shorten or
// mend. That it cannot be kept is no reason to fail.
func (h *Handler) remember(ctx context.Context, place claim.Place, model string, response bedrock.Response) {
	if !h.Cache || model == "" || place.Attempt > 0 || response.Cached {
		return
	}
	asked, err := claim.Get(ctx, h.S3, place.Output.Request(place.Folder, place.Index, 0), maxRequest)
	if err == nil {
		var data []byte
		response.Batch = false // of who is answered from the cache it would not be true
		if data, err = json.Marshal(response); err == nil {
			err = claim.Put(ctx, h.S3, h.cachePlace(place.Output.Bucket, model, asked.Data), claim.TypeJSON, data)
		}
	}
	if err != nil && h.Log != nil {
		err = claim.Failure(err, noResponse)
		h.Log.WarnContext(ctx, "an answer is not kept in the cache", "execution", place.Output.Execution(),
			"errorType", failure.Name(err), "errorDetail", failure.Detail(err))
	}
}
