package output

import (
	"encoding/json"
	"os"
	"testing"

	"go.k6.io/k6/v2/lib"
)

// The table is written and held by test/unit/scenarios/k6-segments.test.ts: which ticks k6 gives an instance.
func TestTicksSplitAsTheAgentsCount(t *testing.T) {
	t.Parallel()
	bytes, err := os.ReadFile("testdata/segments.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		VUs      int64   `json:"vus"`
		Segment  string  `json:"segment"`
		Sequence string  `json:"sequence"`
		Own      int64   `json:"own"`
		Ticks    []int64 `json:"ticks"`
	}
	if err := json.Unmarshal(bytes, &rows); err != nil || len(rows) < 100 {
		t.Fatalf("found %d rows: %v", len(rows), err)
	}
	for _, row := range rows {
		segment, err := lib.NewExecutionSegmentFromString(row.Segment)
		if err != nil {
			t.Fatal(err)
		}
		sequence, err := lib.NewExecutionSegmentSequenceFromString(row.Sequence)
		if err != nil {
			t.Fatal(err)
		}
		tuple, err := lib.NewExecutionTuple(segment, &sequence)
		if err != nil {
			t.Fatal(err)
		}
		if own := tuple.ScaleInt64(row.VUs); own != row.Own {
			t.Fatalf("%+v: k6 gives it %d virtual users", row, own)
		}
		if row.Own == 0 {
			continue
		}
		scaled, err := tuple.GetNewExecutionTupleFromValue(row.VUs)
		if err != nil {
			t.Fatal(err)
		}
		start, offsets, _ := scaled.GetStripedOffsets()
		var ticks []int64
		for at, i := start, 0; at < 120; at, i = at+offsets[i%len(offsets)], i+1 {
			ticks = append(ticks, at)
		}
		if len(ticks) != len(row.Ticks) {
			t.Fatalf("%+v: k6 gives it %v", row, ticks)
		}
		for i := range ticks {
			if ticks[i] != row.Ticks[i] {
				t.Fatalf("%+v: k6 gives it %v", row, ticks)
			}
		}
	}
}
