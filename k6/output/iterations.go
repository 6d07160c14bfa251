package output

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"go.k6.io/k6/v2/metrics"
)

// How long an iteration waits for an exception that only k6's log tells of, such an exception for the sample that says whose
// it is, and for an iteration: k6 hands samples on every 50 ms, and logs an exception right after the samples of its iteration.
const (
	settleAfter   = 400 * time.Millisecond
	guessAfter    = 200 * time.Millisecond
	orphanAfter   = 5 * time.Second
	mostFailures  = 1000
	longestReason = 200
	// mostHeld bounds what is kept while nobody reads: 24 bytes each.
	mostHeld = 2_000_000
)

// thrown is an exception as k6 logged it.
type thrown struct {
	scenario string
	at       time.Time
	text     string
}

// toldException is one that a sample told of.
type toldException struct {
	message string
	endNs   int64
}

// ended is an iteration that may still turn out to have thrown.
type ended struct {
	iteration
	endNs int64
}

// thrownMetric is what the entry that an agent puts before a script counts an exception by where it is thrown. What was
// thrown stands in the metadata of the sample, by the same name and as a component of a URI: no series is made of it.
const thrownMetric = "loadcell_thrown"

// iterations keeps account of what became of every tick.
//
// An exception is no sample of k6's own. The entry before a script counts it by thrownMetric, whose VU is that of the
// iteration. One that passes it by, in a timer or a promise that nobody awaits, stands in k6's log alone: it is held to
// belong to the iteration of its scenario that ended last before it.
type iterations struct {
	scenarios map[string]uint16
	failures  map[failureKey]uint16
	// open by scenario, in the order in which they came.
	open    map[string][]ended
	waiting []thrown
	// failedCheck by VU: the first check that its present iteration failed.
	failedCheck map[string]string
	// threw by VU: what its present iteration threw.
	threw map[string]string
	// told by scenario: exceptions that samples told of and the log has not yet.
	told map[string][]toldException
	// ranNs by VU: end of the iteration whose io samples came last and whose own samples have not.
	ran     map[string]ioEnd
	settled []byte
	defined []byte
	lost    uint64
	orphans uint64
}

type ioEnd struct {
	scenario string
	atNs     int64
}

type failureKey struct {
	outcome uint8
	code    string
}

func newIterations() *iterations {
	return &iterations{
		scenarios:   map[string]uint16{},
		failures:    map[failureKey]uint16{},
		open:        map[string][]ended{},
		failedCheck: map[string]string{},
		threw:       map[string]string{},
		told:        map[string][]toldException{},
		ran:         map[string]ioEnd{},
	}
}

// add takes one sample in the order in which k6 sent it. Samples of one VU come in the order in which it made them.
func (it *iterations) add(sample *metrics.Sample) {
	switch sample.Metric.Name {
	case metrics.DataSentName:
		it.addIO(sample)
	case metrics.IterationDurationName:
		it.addEnd(sample)
	case metrics.ChecksName:
		if vu := sample.Metadata["vu"]; sample.Value == 0 && vu != "" {
			if _, failed := it.failedCheck[vu]; !failed {
				it.failedCheck[vu] = tagOf(sample.Tags, "check")
			}
		}
	case thrownMetric:
		if vu := sample.Metadata["vu"]; vu != "" {
			it.threw[vu] = thrownIn(sample)
		}
	case metrics.DroppedIterationsName:
		at := sample.Time.UnixNano()
		scenario := it.scenario(tagOf(sample.Tags, "scenario"))
		for range int(sample.Value) {
			it.settle(iteration{startNs: at, scenario: scenario, outcome: iterationDropped})
		}
	}
}

// addIO: every iteration leaves its traffic, the interrupted ones too, and nothing else does that has a scenario. One
// whose VU goes on without having left a duration was interrupted.
func (it *iterations) addIO(sample *metrics.Sample) {
	vu, scenario := sample.Metadata["vu"], tagOf(sample.Tags, "scenario")
	if vu == "" || scenario == "" {
		return
	}
	it.interrupt(vu)
	it.ran[vu] = ioEnd{scenario, sample.Time.UnixNano()}
}

func (it *iterations) interrupt(vu string) {
	last, isOpen := it.ran[vu]
	if !isOpen {
		return
	}
	delete(it.ran, vu)
	delete(it.failedCheck, vu)
	delete(it.threw, vu)
	it.settle(iteration{startNs: last.atNs, scenario: it.scenario(last.scenario), outcome: iterationInterrupted})
}

func (it *iterations) addEnd(sample *metrics.Sample) {
	scenario := tagOf(sample.Tags, "scenario")
	endNs := sample.Time.UnixNano()
	durationNs := int64(sample.Value * 1e6)
	done := ended{endNs: endNs}
	done.startNs, done.durationNs, done.scenario = endNs-durationNs, durationNs, it.scenario(scenario)
	if vu := sample.Metadata["vu"]; vu != "" {
		delete(it.ran, vu)
		done.outcome, done.failure = it.outcome(vu, scenario, endNs)
	}
	it.open[scenario] = append(it.open[scenario], done)
}

// outcome of the iteration that a VU has ended; an exception weighs more than a check.
func (it *iterations) outcome(vu, scenario string, endNs int64) (uint8, uint16) {
	check, failed := it.failedCheck[vu]
	text, threw := it.threw[vu]
	delete(it.failedCheck, vu)
	delete(it.threw, vu)
	if threw {
		code, message := reasonOf(text)
		it.told[scenario] = append(it.told[scenario], toldException{message, endNs})
		return iterationException, it.failure(iterationException, code, message)
	}
	if failed {
		return iterationFailedCheck, it.failure(iterationFailedCheck, "check", "failed check: "+check)
	}
	return iterationOk, 0
}

func thrownIn(sample *metrics.Sample) string {
	text, err := url.PathUnescape(sample.Metadata[thrownMetric])
	if err != nil {
		return ""
	}
	return text
}

// match takes off exceptions that samples told of, gives the others to their iterations, and settles what can no longer have
// thrown. now: the wall clock, or the end.
func (it *iterations) match(news []thrown, now time.Time, isEnd bool) {
	left := it.waiting[:0:0]
	for _, exception := range append(it.waiting, news...) {
		isDue := isEnd || now.Sub(exception.at) > guessAfter
		if it.wasTold(exception) || isDue && (it.isToldOtherwise(exception) || it.give(exception)) {
			continue
		}
		if isEnd || now.Sub(exception.at) > orphanAfter {
			it.orphans++
			continue
		}
		left = append(left, exception)
	}
	it.waiting = left
	orphanNs := now.Add(-orphanAfter).UnixNano()
	for scenario, told := range it.told {
		it.told[scenario] = slices.DeleteFunc(told, func(each toldException) bool { return each.endNs < orphanNs })
	}
	untilNs := now.Add(-settleAfter).UnixNano()
	for scenario, open := range it.open {
		kept := open[:0]
		for _, each := range open {
			if isEnd || each.endNs < untilNs {
				it.settle(each.iteration)
			} else {
				kept = append(kept, each)
			}
		}
		it.open[scenario] = kept
	}
	if isEnd {
		for vu := range it.ran {
			it.interrupt(vu)
		}
	}
}

// wasTold takes off an exception that a sample told of in the same words.
func (it *iterations) wasTold(exception thrown) bool {
	_, message := reasonOf(exception.text)
	return it.takeOff(exception.scenario, func(told toldException) bool { return told.message == message })
}

// isToldOtherwise takes off one that a sample told of in words that the log never had: they are held to be the same.
func (it *iterations) isToldOtherwise(exception thrown) bool {
	return it.takeOff(exception.scenario, func(told toldException) bool { return told.endNs <= exception.at.UnixNano() })
}

func (it *iterations) takeOff(scenario string, isMeant func(toldException) bool) bool {
	told := it.told[scenario]
	at := slices.IndexFunc(told, isMeant)
	if at < 0 {
		return false
	}
	it.told[scenario] = slices.Delete(told, at, at+1)
	return true
}

// give marks the iteration that ended last before the exception and is not marked yet.
func (it *iterations) give(exception thrown) bool {
	open := it.open[exception.scenario]
	atNs := exception.at.UnixNano()
	best := -1
	for i := range open {
		isFree := open[i].outcome != iterationException && open[i].endNs <= atNs
		if isFree && (best < 0 || open[i].endNs > open[best].endNs) {
			best = i
		}
	}
	if best < 0 {
		return false
	}
	code, message := reasonOf(exception.text)
	open[best].outcome = iterationException
	open[best].failure = it.failure(iterationException, code, message)
	return true
}

func (it *iterations) settle(done iteration) {
	if len(it.settled) >= mostHeld*24 {
		it.lost++
		return
	}
	it.settled = appendIteration(it.settled, done)
}

func (it *iterations) appendFrames(to []byte) []byte {
	to = append(to, it.defined...)
	it.defined = it.defined[:0]
	if len(it.settled) > 0 {
		to = appendFrame(to, frameIteration, it.settled)
		it.settled = it.settled[:0]
	}
	return to
}

func (it *iterations) scenario(name string) uint16 {
	number, known := it.scenarios[name]
	if known {
		return number
	}
	number = uint16(len(it.scenarios)) //nolint:gosec // a script has few.
	it.scenarios[name] = number
	it.defined = appendJSON(it.defined, frameScenario, map[string]any{"id": number, "name": name})
	return number
}

// failure numbers kinds of failure from 1; what is above the bound is not told apart.
func (it *iterations) failure(outcome uint8, code, message string) uint16 {
	key := failureKey{outcome, code}
	if outcome == iterationFailedCheck {
		key.code = message
	}
	number, known := it.failures[key]
	if known {
		return number
	}
	if len(it.failures) >= mostFailures {
		return 0
	}
	number = uint16(len(it.failures) + 1) //nolint:gosec // bounded.
	it.failures[key] = number
	it.defined = appendJSON(it.defined, frameFailure, map[string]any{
		"id": number, "outcome": outcome, "code": code, "message": message,
	})
	return number
}

// reasonOf an exception's stack trace: the name of its class, and its first line.
func reasonOf(trace string) (code, message string) {
	line, _, _ := strings.Cut(trace, "\n")
	line = strings.TrimPrefix(strings.TrimSpace(line), "Uncaught (in promise) ")
	if runes := []rune(line); len(runes) > longestReason {
		line = string(runes[:longestReason-1]) + "…"
	}
	name, _, found := strings.Cut(line, ":")
	if !found || name == "" || strings.ContainsAny(name, " \t/") {
		return "exception", line
	}
	return name, line
}
