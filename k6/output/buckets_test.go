package output

import (
	"encoding/json"
	"os"
	"testing"
)

// The table is written and held by test/unit/agent/k6-buckets.test.ts: both implementations answer to it.
func TestBucketsAgreeWithTheAgents(t *testing.T) {
	t.Parallel()
	bytes, err := os.ReadFile("testdata/buckets.json")
	if err != nil {
		t.Fatal(err)
	}
	var table struct {
		Buckets int         `json:"buckets"`
		Rows    [][3]uint64 `json:"rows"` // microseconds, bucket, lowest of the bucket
	}
	if err := json.Unmarshal(bytes, &table); err != nil {
		t.Fatal(err)
	}
	if table.Buckets != buckets || len(table.Rows) < 1000 {
		t.Fatalf("found %d buckets and %d rows", buckets, len(table.Rows))
	}
	for _, row := range table.Rows {
		bucket := bucketOf(row[0])
		if uint64(bucket) != row[1] || lowestOf(bucket) != row[2] {
			t.Fatalf("%d µs: found bucket %d from %d, expected %v", row[0], bucket, lowestOf(bucket), row)
		}
	}
}

func TestDurationsAreRoundedToRecordableMicroseconds(t *testing.T) {
	t.Parallel()
	for ms, want := range map[float64]uint64{-1: 0, 0: 0, 0.0004: 0, 0.0005: 1, 1.5: 1500, 4e9: maxUs} {
		if found := toRecordedUs(ms); found != want {
			t.Errorf("%v ms: found %d, expected %d", ms, found, want)
		}
	}
}
