// Package stream is the contract of what moves: messages that are on disk
// before they are acknowledged, kept in order, and read by consumers that
// resume where they stopped. subject.go lists every subject.
package stream

import (
	"context"
	"time"
)

// A Message is one thing said.
type Message struct {
	Subject string
	ID      string // a repeat of an ID, within the stream's window, is dropped
	Data    []byte

	// Set by the stream when it is read.
	Seq  uint64    // place in its stream, from 1
	Time time.Time // when the stream took it
}

// A Handler does the work of one message. Returning nil says that the work is
// on disk. Any error makes the stream deliver the message again, later and
// later; the messages behind it wait, for order matters.
type Handler func(ctx context.Context, m Message) error

// A Consumer is a reader with a name that a stream remembers.
type Consumer struct {
	Name     string   // letters, digits, hyphens
	Subjects []string // patterns, all of one stream
}

// A Stream carries messages. All methods may be called at the same time.
type Stream interface {
	// Publish returns after the message is on disk, with its place. A repeat
	// of an ID returns the place of the first, and repeated.
	Publish(ctx context.Context, m Message) (seq uint64, repeated bool, err error)

	// Consume hands the consumer's messages to h, one at a time and in order,
	// from where the consumer stopped, until ctx is done. It then returns nil.
	Consume(ctx context.Context, c Consumer, h Handler) error

	// Follow hands messages to h from place seq on (0: only new ones) until
	// ctx is done or h fails; nothing is remembered. For what is live on a page.
	Follow(ctx context.Context, subjects []string, seq uint64, h Handler) error

	// Read hands the kept messages to h in order and returns at the end.
	Read(ctx context.Context, name Name, h Handler) error

	// Get returns the kept message of a place. The error is NotFound where it is
	// no longer kept, or never was.
	Get(ctx context.Context, name Name, seq uint64) (Message, error)

	// Last is the place of the last message of a stream; 0 when there is none.
	Last(ctx context.Context, name Name) (uint64, error)

	// Pending counts the messages that wait for a consumer, handed out and not
	// yet acknowledged included.
	Pending(ctx context.Context, c Consumer) (uint64, error)

	Close() error
}
