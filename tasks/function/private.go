package function

import (
	"context"
	"log/slog"
)

// private is a text that tells whose document it is, or what the document says.
type private string

// LogValue is a group without members, which handlers leave out (slog.Handler).
func (private) LogValue() slog.Value { return slog.GroupValue() }

// Private is an attribute that tells whose document it is, or what the document says. It is in no log but one that Reveals.
func Private(key, value string) slog.Attr { return slog.Any(key, private(value)) }

// Reveal returns a handler that logs what is Private, as far as it stands in a record itself. For those who may see the
// documents anyway.
func Reveal(handler slog.Handler) slog.Handler { return revealing{handler} }

type revealing struct{ slog.Handler }

func (h revealing) Handle(ctx context.Context, record slog.Record) error {
	shown := slog.NewRecord(record.Time, record.Level, record.Message, record.PC)
	record.Attrs(func(a slog.Attr) bool {
		if text, ok := a.Value.Any().(private); ok {
			a.Value = slog.StringValue(string(text))
		}
		shown.AddAttrs(a)
		return true
	})
	return h.Handler.Handle(ctx, shown)
}

func (h revealing) WithAttrs(attrs []slog.Attr) slog.Handler {
	return revealing{h.Handler.WithAttrs(attrs)}
}

func (h revealing) WithGroup(name string) slog.Handler { return revealing{h.Handler.WithGroup(name)} }

// payload logs what a call was asked or answered, where that may be seen.
func payload(ctx context.Context, log *slog.Logger, message string, data []byte) {
	if _, ok := log.Handler().(revealing); ok {
		log.LogAttrs(ctx, slog.LevelDebug, message, Private("payload", string(data)))
	}
}
