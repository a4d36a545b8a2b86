package relay

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/stream"
	"github.com/vigia-project/vigia/wire/cap"
	"github.com/vigia-project/vigia/wire/cot"
)

// Parse makes a destination of its address:
//
//	cot+tcp://HOST:PORT   Cursor-on-Target to a TAK client or server
//	cot+udp://HOST:PORT   the same, a datagram an event
//	https://…             a webhook of JSON, signed with secret (http:// to this machine only)
//	cap+https://…         the same with an alert of the Common Alerting Protocol
func Parse(address, secret string) (Destination, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return nil, vigia.Errorf(vigia.Invalid, "the destination %q is not an address such as cot+tcp://host:8087 or https://host/path", address)
	}
	encode := encodeHook
	if inner, ok := strings.CutPrefix(u.Scheme, "cap+"); ok {
		u.Scheme, encode = inner, encodeAlert
	}
	switch u.Scheme {
	case "cot+tcp":
		return tak{"tcp", u.Host}, nil
	case "cot+udp":
		return tak{"udp", u.Host}, nil
	case "https":
	case "http":
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return nil, vigia.Errorf(vigia.Invalid, "the webhook %s must be https: a lead does not travel in the clear", address)
		}
	default:
		return nil, vigia.Errorf(vigia.Invalid, "the destination %q has an unknown scheme; there are cot+tcp, cot+udp, https, cap+https", address)
	}
	if secret == "" {
		return nil, vigia.Errorf(vigia.Invalid, "the webhook %s needs a secret to sign with (VIGIA_WEBHOOK_SECRET)", u.Redacted())
	}
	return webhook{url: u, name: nameOf(u, address), secret: []byte(secret), encode: encode, client: &http.Client{Timeout: patience}}, nil
}

// nameOf is an address without what is secret in it.
func nameOf(u *url.URL, address string) string {
	if u.User == nil {
		return address
	}
	return u.Redacted()
}

// tak speaks Cursor-on-Target.
type tak struct{ network, address string }

func (t tak) Name() string { return "cot+" + t.network + "://" + t.address }

// Send writes one event. Its uid is the lead's and its time that of the
// release, so a repeat is the same event to the receiver.
func (t tak) Send(ctx context.Context, m Message) error {
	event, err := cot.Encode(cot.FromRelease(m.Release, m.At))
	if err != nil {
		return err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, t.network, t.address)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // what was written is checked below
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	if _, err := conn.Write(event); err != nil {
		return err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		return drain(tcp)
	}
	return nil
}

// drain ends our half and waits a moment for the peer's end, so that an event
// which the peer refused by closing is not taken for delivered.
func drain(conn *net.TCPConn) error {
	if err := conn.CloseWrite(); err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, io.LimitReader(conn, 64<<10))
	var e net.Error
	if errors.As(err, &e) && e.Timeout() {
		return nil // it keeps the line open: it took the event
	}
	return err
}

// webhook posts, signed.
type webhook struct {
	url    *url.URL
	name   string
	encode func(Message) (body []byte, mediaType string, err error)
	secret []byte
	client *http.Client
}

func (w webhook) Name() string { return w.name }

// hook is the body of a webhook of JSON.
type hook struct {
	ID      string        `json:"id"`
	Subject string        `json:"subject"`
	At      time.Time     `json:"at"`
	Release vigia.Release `json:"release"`
}

func encodeHook(m Message) ([]byte, string, error) {
	body, err := json.Marshal(hook{m.ID, stream.LeadReleased, m.At, m.Release})
	return body, "application/json", err
}

// capSender names this system in an alert.
const capSender = "vigia"

func encodeAlert(m Message) ([]byte, string, error) {
	body, err := cap.Encode(cap.FromRelease(m.Release, m.ID, capSender, m.At))
	return body, "application/cap+xml", err
}

func (w webhook) Send(ctx context.Context, m Message) error {
	body, mediaType, err := w.encode(m)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Vigia-Message-Id", m.ID)
	req.Header.Set("Vigia-Signature", Sign(w.secret, m.At, body))
	res, err := w.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close() //nolint:errcheck // nothing is read from it
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the webhook answered %s", res.Status)
	}
	return nil
}

// Sign is the value of the header Vigia-Signature: the time that was signed and
// the HMAC-SHA-256 (RFC 2104) of time, a dot, and the body, in hexadecimal.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(t + "."))
	mac.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
