package output

import (
	"encoding/binary"
	"slices"
)

// histogram counts durations by bucket. It keeps its memory when it is cleared, and clearing costs what was touched.
type histogram struct {
	counts  []uint32
	touched []int32
	total   uint64
	sumMs   float64
	maxMs   float64
}

func (h *histogram) record(ms float64) {
	if h.counts == nil {
		h.counts = make([]uint32, buckets)
	}
	bucket := bucketOf(toRecordedUs(ms))
	if h.counts[bucket] == 0 {
		h.touched = append(h.touched, int32(bucket)) //nolint:gosec // below buckets.
	}
	h.counts[bucket]++
	h.total++
	h.sumMs += ms
	if ms > h.maxMs {
		h.maxMs = ms
	}
}

// appendSparse appends the occupied buckets, ascending, as pairs (lowest value - previous, count) of unsigned LEB128
// varints: the form of src/wire/interval-codec.ts.
func (h *histogram) appendSparse(to []byte) []byte {
	slices.Sort(h.touched)
	previous := uint64(0)
	for _, bucket := range h.touched {
		value := lowestOf(int(bucket))
		to = binary.AppendUvarint(to, value-previous)
		to = binary.AppendUvarint(to, uint64(h.counts[bucket]))
		previous = value
	}
	return to
}

func (h *histogram) clear() {
	for _, bucket := range h.touched {
		h.counts[bucket] = 0
	}
	h.touched = h.touched[:0]
	h.total, h.sumMs, h.maxMs = 0, 0, 0
}
