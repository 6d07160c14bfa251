package output

import (
	"encoding/binary"
	"testing"
)

func TestAHistogramIsWrittenAsItsOccupiedBucketsAndBeginsAnew(t *testing.T) {
	t.Parallel()
	var h histogram
	for _, ms := range []float64{5000, 0.1, 2, 2} {
		h.record(ms)
	}
	for round := range 2 {
		bytes := h.appendSparse(nil)
		var found [][2]uint64
		value := uint64(0)
		for len(bytes) > 0 {
			step, n := binary.Uvarint(bytes)
			count, m := binary.Uvarint(bytes[n:])
			bytes = bytes[n+m:]
			value += step
			found = append(found, [2]uint64{value, count})
		}
		want := [][2]uint64{{100, 1}, {2000, 2}, {lowestOf(bucketOf(5_000_000)), 1}}
		if round == 1 {
			want = [][2]uint64{{7000 / 4 * 4, 1}}
		}
		if len(found) != len(want) {
			t.Fatalf("found %v, expected %v", found, want)
		}
		for i := range want {
			if found[i] != want[i] {
				t.Fatalf("found %v, expected %v", found, want)
			}
		}
		h.clear()
		if h.total != 0 || h.maxMs != 0 || h.sumMs != 0 {
			t.Fatal("a cleared histogram holds something")
		}
		h.record(7)
	}
}
