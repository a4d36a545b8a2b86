package sqlite

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/vigia-project/vigia/geo"
)

// one reads the noun in the single column body of the query's one row.
func one[T any](r *reader, kind string, id any, query string, args ...any) (T, error) {
	var noun T
	var body []byte
	err := r.tx.QueryRowContext(r.ctx, query, args...).Scan(&body)
	if errors.Is(err, sql.ErrNoRows) {
		return noun, notFound(kind, id)
	}
	if err != nil {
		return noun, failed(err)
	}
	return noun, decode(body, &noun)
}

// list reads the nouns in the single column body.
func list[T any](r *reader, query string, args ...any) ([]T, error) {
	rows, err := r.tx.QueryContext(r.ctx, query, args...)
	if err != nil {
		return nil, failed(err)
	}
	defer rows.Close()
	nouns := []T{}
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return nil, failed(err)
		}
		var noun T
		if err := decode(body, &noun); err != nil {
			return nil, err
		}
		nouns = append(nouns, noun)
	}
	return nouns, rows.Err()
}

// number reads one number; no row is 0.
func (r *reader) number(query string, args ...any) (int64, error) {
	var n int64
	err := r.tx.QueryRowContext(r.ctx, query, args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, failed(err)
	}
	return n, nil
}

func decode(body []byte, noun any) error {
	if err := json.Unmarshal(body, noun); err != nil {
		return fmt.Errorf("the store holds a %T that is not readable: %w", noun, err)
	}
	return nil
}

func encode(noun any) ([]byte, error) {
	b, err := json.Marshal(noun)
	if err != nil {
		return nil, fmt.Errorf("a %T cannot be kept: %w", noun, err)
	}
	return b, nil
}

// micros is how a time is kept.
func micros(t time.Time) int64 { return t.UnixMicro() }

// inCells is the condition that column cell lies in one of the ranges, with its
// arguments.
func inCells(ranges []geo.CellRange) (string, []any) {
	if len(ranges) == 0 {
		return "0", nil
	}
	parts := make([]string, len(ranges))
	args := make([]any, 0, 2*len(ranges))
	for i, r := range ranges {
		parts[i] = "cell BETWEEN ? AND ?"
		args = append(args, int64(r.Min), int64(r.Max))
	}
	return "(" + strings.Join(parts, " OR ") + ")", args
}

// limit is SQL for at most n rows; 0 is no bound.
func limit(n int) int {
	if n <= 0 {
		return -1
	}
	return n
}
