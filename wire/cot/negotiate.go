package cot

import (
	"encoding/binary"
	"strings"
	"time"
)

// The change of a connection from XML to protobuf (ATAK-CIV,
// takproto/protocol.txt, "Streaming connections"): the server offers version 1,
// a client may ask for it, the server answers, and from there on both write
// messages of protocol 1. A client that does not ask goes on in XML.
const (
	offer   = "t-x-takp-v"
	request = "t-x-takp-q"
	answer  = "t-x-takp-r"
)

// talk are the types of a connection's own talk; they are about no thing and no
// place.
var talk = [...]string{pong, chat, offer, request, answer}

// Offer says that protocol 1 may be asked for.
func Offer(now time.Time) []byte {
	return control(offer, `<TakProtocolSupport version="1"/>`, now)
}

// Ask is what a client sends to change to protocol 1.
func Ask(now time.Time) []byte { return control(request, `<TakRequest version="1"/>`, now) }

// Answer tells a client whether its request is granted.
func Answer(granted bool, now time.Time) []byte {
	status := "false"
	if granted {
		status = "true"
	}
	return control(answer, `<TakResponse status="`+status+`"/>`, now)
}

func control(kind, element string, now time.Time) []byte {
	return system(Event{UID: "vigia-protocol", Type: kind}, now, time.Minute, "<detail><TakControl>"+element+"</TakControl></detail>")
}

// Asked tells whether a client asks for another protocol, and whether it is one
// that we speak.
func Asked(e Event) (asks, known bool) {
	_, rest, found := strings.Cut(e.Detail, "<TakRequest")
	if e.Type != request || !found {
		return false, false
	}
	rest, _, _ = strings.Cut(rest, ">")
	return true, strings.Contains(rest, `version="1"`) || strings.Contains(rest, `version='1'`)
}

// Answered tells what the server said to a request.
func Answered(e Event) (granted, ok bool) {
	if e.Type != answer {
		return false, false
	}
	return strings.Contains(e.Detail, `status="true"`), true
}

// Reframed is an event of a connection's own talk, as the functions of this
// package write it in XML, as a message of protocol 1. The error is Forbidden
// for any other event, and Invalid for what is none.
func Reframed(xml []byte) ([]byte, error) {
	e, err := Decode(xml)
	if err != nil {
		return nil, err
	}
	body, err := encodeProto(e, talk[:])
	if err != nil {
		return nil, err
	}
	return append(binary.AppendUvarint([]byte{protoMagic}, uint64(len(body))), body...), nil
}
