package output

import (
	"encoding/binary"
	"testing"
	"time"

	"go.k6.io/k6/v2/metrics"
)

type source struct {
	builtin *metrics.BuiltinMetrics
	root    *metrics.TagSet
	thrown  *metrics.Metric
}

func newSource() source {
	registry := metrics.NewRegistry()
	counter := registry.MustNewMetric(thrownMetric, metrics.Counter)
	return source{metrics.RegisterBuiltinMetrics(registry), registry.RootTagSet(), counter}
}

func at(ms int) time.Time { return time.UnixMilli(1_000_000 + int64(ms)) }

func (s source) sample(metric *metrics.Metric, vu string, atMs int, value float64, tags ...string) *metrics.Sample {
	set := s.root.With("scenario", "main")
	for i := 0; i < len(tags); i += 2 {
		set = set.With(tags[i], tags[i+1])
	}
	return &metrics.Sample{
		TimeSeries: metrics.TimeSeries{Metric: metric, Tags: set},
		Time:       at(atMs), Value: value, Metadata: map[string]string{"vu": vu},
	}
}

// iterationOf adds the samples that an iteration of so many milliseconds leaves when it ends.
func (s source) iterationOf(it *iterations, vu string, endMs int, ms float64) {
	it.add(s.sample(s.builtin.DataSent, vu, endMs, 0))
	it.add(s.sample(s.builtin.IterationDuration, vu, endMs, ms))
}

func settledOf(it *iterations) []iteration {
	var found []iteration
	for bytes := it.settled; len(bytes) > 0; bytes = bytes[24:] {
		found = append(found, iteration{
			scenario: binary.LittleEndian.Uint16(bytes), outcome: bytes[2],
			failure:    binary.LittleEndian.Uint16(bytes[4:]),
			startNs:    int64(binary.LittleEndian.Uint64(bytes[8:])),
			durationNs: int64(binary.LittleEndian.Uint64(bytes[16:])),
		})
	}
	return found
}

func outcomesOf(found []iteration) (counts [5]int) {
	for _, each := range found {
		counts[each.outcome]++
	}
	return counts
}

func TestAnExceptionBelongsToTheIterationThatEndedLastBeforeIt(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	s.iterationOf(it, "1", 100, 10)
	s.iterationOf(it, "2", 110, 20)
	s.iterationOf(it, "3", 120, 30)
	it.match([]thrown{{"main", at(111), "TypeError: x is not a function\n\tat default"}}, at(330), false)
	if len(settledOf(it)) != 0 {
		t.Fatal("an iteration was settled that may still have thrown")
	}
	it.match(nil, at(1000), false)
	found := settledOf(it)
	if len(found) != 3 || outcomesOf(found)[iterationException] != 1 {
		t.Fatalf("found %+v", found)
	}
	for _, each := range found {
		if (each.outcome == iterationException) != (each.durationNs == 20e6) {
			t.Fatalf("the wrong iteration is held to have thrown: %+v", found)
		}
	}
}

func TestAnExceptionWaitsForItsIteration(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	it.match([]thrown{{"main", at(101), "Error: no"}}, at(110), false)
	s.iterationOf(it, "1", 100, 10)
	it.match(nil, at(150), false)
	it.match(nil, at(2000), true)
	if counts := outcomesOf(settledOf(it)); counts[iterationException] != 1 || it.orphans != 0 {
		t.Fatalf("found %v, %d orphans", counts, it.orphans)
	}
}

// tell adds the sample by which the entry before a script counts an exception.
func (s source) tell(it *iterations, vu string, atMs int, escaped string) {
	sample := s.sample(s.thrown, vu, atMs, 1)
	sample.Metadata[thrownMetric] = escaped
	it.add(sample)
}

func TestAnExceptionThatIsToldWhereItIsThrownBelongsToItsOwnIteration(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	s.tell(it, "1", 99, "Rejected%3A%20%22so%22")
	s.iterationOf(it, "1", 100, 10)
	s.iterationOf(it, "2", 101, 20)
	it.match([]thrown{{"main", at(102), "Rejected: \"so\"\n\tat default"}}, at(130), false)
	it.match(nil, at(1000), false)
	found := settledOf(it)
	if counts := outcomesOf(found); counts[iterationException] != 1 || it.orphans != 0 {
		t.Fatalf("found %v, %d orphans", counts, it.orphans)
	}
	for _, each := range found {
		if (each.outcome == iterationException) != (each.durationNs == 10e6) {
			t.Fatalf("the wrong iteration is held to have thrown: %+v", found)
		}
	}
	if it.failures[failureKey{iterationException, "Rejected"}] != 1 {
		t.Fatalf("found %v", it.failures)
	}
}

func TestAnExceptionInTheLogWaitsForTheSampleThatTellsOfIt(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	s.iterationOf(it, "2", 90, 20)
	it.match([]thrown{{"main", at(101), "Error: no"}}, at(110), false)
	s.tell(it, "1", 99, "Error%3A%20no")
	s.iterationOf(it, "1", 100, 10)
	it.match(nil, at(200), false)
	it.match(nil, at(2000), true)
	if counts := outcomesOf(settledOf(it)); counts[iterationException] != 1 || counts[iterationOk] != 1 || it.orphans != 0 {
		t.Fatalf("found %v, %d orphans", counts, it.orphans)
	}
}

func TestAnExceptionThatOnlyTheLogTellsOfTakesNoOtherOnesPlace(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	s.iterationOf(it, "2", 95, 20)
	s.tell(it, "1", 99, "Error%3A%20told")
	s.iterationOf(it, "1", 100, 10)
	it.match([]thrown{{"main", at(96), "Error: late\n\tat x"}, {"main", at(101), "Error: told\n\tat x"}}, at(310), false)
	it.match(nil, at(2000), true)
	if counts := outcomesOf(settledOf(it)); counts[iterationException] != 2 || it.orphans != 0 {
		t.Fatalf("found %v, %d orphans", counts, it.orphans)
	}
}

func TestAnExceptionThatTheLogHasInOtherWordsIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	s.iterationOf(it, "2", 95, 20)
	s.tell(it, "1", 99, "told")
	s.iterationOf(it, "1", 100, 10)
	it.match([]thrown{{"main", at(101), "Error: logged"}}, at(2000), true)
	if counts := outcomesOf(settledOf(it)); counts[iterationException] != 1 || counts[iterationOk] != 1 {
		t.Fatalf("found %v", counts)
	}
}

func TestAnExceptionOutweighsAFailedCheckAndLeavesNothingToTheNextIteration(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	it.add(s.sample(s.builtin.Checks, "1", 90, 0, "check", "is 200"))
	s.tell(it, "1", 91, "Error%3A%20no")
	s.iterationOf(it, "1", 100, 10)
	s.iterationOf(it, "1", 120, 10)
	it.match(nil, at(5000), true)
	if counts := outcomesOf(settledOf(it)); counts[iterationException] != 1 || counts[iterationOk] != 1 {
		t.Fatalf("found %v", counts)
	}
}

func TestAFailedCheckMarksTheIterationOfItsVU(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	it.add(s.sample(s.builtin.Checks, "2", 90, 0, "check", "status is 200"))
	it.add(s.sample(s.builtin.Checks, "1", 90, 1, "check", "status is 200"))
	s.iterationOf(it, "1", 100, 10)
	s.iterationOf(it, "2", 101, 11)
	s.iterationOf(it, "2", 120, 12)
	it.match(nil, at(5000), true)
	found := settledOf(it)
	if counts := outcomesOf(found); counts[iterationFailedCheck] != 1 || counts[iterationOk] != 2 {
		t.Fatalf("found %v", counts)
	}
	for _, each := range found {
		if (each.outcome == iterationFailedCheck) != (each.durationNs == 11e6) {
			t.Fatalf("found %+v", found)
		}
	}
}

func TestAnIterationThatLeftTrafficAndNoDurationWasInterrupted(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	it.add(s.sample(s.builtin.DataSent, "1", 100, 0))
	s.iterationOf(it, "1", 200, 10)
	it.add(s.sample(s.builtin.DataSent, "2", 210, 0))
	it.match(nil, at(5000), true)
	if counts := outcomesOf(settledOf(it)); counts[iterationInterrupted] != 2 || counts[iterationOk] != 1 {
		t.Fatalf("found %v", counts)
	}
}

func TestDroppedTicksAreTold(t *testing.T) {
	t.Parallel()
	s, it := newSource(), newIterations()
	it.add(s.sample(s.builtin.DroppedIterations, "", 100, 1))
	it.add(s.sample(s.builtin.DroppedIterations, "", 101, 2))
	if counts := outcomesOf(settledOf(it)); counts[iterationDropped] != 3 {
		t.Fatalf("found %v", counts)
	}
}

func TestWhatIsKeptForNobodyIsBounded(t *testing.T) {
	t.Parallel()
	it := newIterations()
	it.settled = make([]byte, mostHeld*24)
	it.settle(iteration{})
	if it.lost != 1 || len(it.settled) != mostHeld*24 {
		t.Fatalf("found %d lost and %d bytes", it.lost, len(it.settled))
	}
}

func TestAReasonIsTheClassAndTheFirstLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"TypeError: x is undefined\n\tat f":   {"TypeError", "TypeError: x is undefined"},
		"Uncaught (in promise) Rejected: 429": {"Rejected", "Rejected: 429"},
		"something else":                      {"exception", "something else"},
	} {
		if code, message := reasonOf(text); code != want[0] || message != want[1] {
			t.Errorf("%q: found %q, %q", text, code, message)
		}
	}
}
