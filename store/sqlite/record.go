package sqlite

import (
	"fmt"

	"github.com/vigia-project/vigia"
	"github.com/vigia-project/vigia/audit"
	"github.com/vigia-project/vigia/store"
)

// record writes what a fact leaves behind: its audit entry and its
// announcement. It is called by every method that keeps one, in the same
// transaction. message is the announcement's ID, new at every change.
func (t *tx) record(id vigia.ID, message string, body []byte, trace store.Trace) error {
	err := t.append(audit.Entry{
		Time:    trace.At.UTC(),
		Actor:   trace.Actor,
		Action:  trace.Action,
		Subject: string(id),
		Digest:  vigia.Digest(body),
	})
	if err != nil || trace.Announce == "" {
		return err
	}
	_, err = t.exec(`INSERT INTO outbox (id, subject, data) VALUES (?, ?, ?)`, trace.Announce+"/"+message, trace.Announce, body)
	return err
}

// add keeps a fact that never changes: insert must do nothing when the fact is
// kept already. body is the fact as it is announced.
func (t *tx) add(id vigia.ID, fact any, trace store.Trace, insert string, args ...any) (bool, error) {
	body, err := encode(fact)
	if err != nil {
		return false, err
	}
	n, err := t.exec(insert, append(args, string(body))...)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.record(id, string(id), body, trace)
}

// conflict says that a thing was changed by somebody else first.
func conflict(kind string, id vigia.ID, version int) error {
	return vigia.Errorf(vigia.Conflict, "%s %s was changed by somebody else: version %d does not follow what is kept", kind, id, version)
}

// put keeps the next version of a thing that changes. table has the columns id,
// version and body, and those of columns.
func (t *tx) put(table string, id vigia.ID, version int, noun any, trace store.Trace, columns string, marks string, args ...any) error {
	kept, err := t.number(`SELECT version FROM `+table+` WHERE id = ?`, id)
	if err != nil {
		return err
	}
	if int64(version) != kept+1 {
		return conflict(table, id, version)
	}
	body, err := encode(noun)
	if err != nil {
		return err
	}
	all := append([]any{id, version, string(body)}, args...)
	if _, err := t.exec(`INSERT OR REPLACE INTO `+table+` (id, version, body`+columns+`) VALUES (?, ?, ?`+marks+`)`, all...); err != nil {
		return err
	}
	return t.record(id, fmt.Sprintf("%s@%d", id, version), body, trace)
}
