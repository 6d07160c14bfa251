package output

import (
	"math"
	"math/bits"
)

// HDR histogram's index arithmetic for 3 significant digits, unit 1 µs, up to one hour: the same as
// src/stats/buckets.ts. testdata/buckets.json holds both to one table.
const (
	maxUs     = 3_600_000_000
	halfCount = 1024
	unitMask  = 2047
)

// bucketOf is the bucket of a whole number of microseconds in [0, maxUs].
func bucketOf(us uint64) int {
	shift := bits.Len64(us|unitMask) - 11
	return shift*halfCount + int(us>>shift) //nolint:gosec // us is at most maxUs.
}

// lowestOf is the smallest value of a bucket, microseconds.
func lowestOf(bucket int) uint64 {
	if bucket < 2*halfCount {
		return uint64(bucket) //nolint:gosec // buckets are not negative.
	}
	shift := bucket>>10 - 1
	return uint64(bucket-shift*halfCount) << shift //nolint:gosec // likewise.
}

var buckets = bucketOf(maxUs) + 1

// toRecordedUs rounds milliseconds to the nearest recordable microsecond; what is negative or no number reads as 0.
func toRecordedUs(ms float64) uint64 {
	if !(ms > 0) {
		return 0
	}
	us := math.Floor(ms*1000 + 0.5)
	if us > maxUs {
		return maxUs
	}
	return uint64(us)
}
