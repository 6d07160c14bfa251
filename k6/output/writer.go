package output

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// frameWriter writes on a goroutine of its own, one piece at a time; whoever offers never waits.
type frameWriter struct {
	pieces chan []byte
	done   chan error
	busy   atomic.Int32
}

const piecesAhead = 8

// newFrameWriter: onGone is called once when the stream breaks.
func newFrameWriter(stream io.WriteCloser, onGone func()) *frameWriter {
	w := &frameWriter{pieces: make(chan []byte, piecesAhead), done: make(chan error, 1)}
	go func() {
		var failed error
		for piece := range w.pieces {
			if failed == nil {
				if _, failed = stream.Write(piece); failed != nil {
					onGone()
				}
			}
			w.busy.Add(-1)
		}
		if err := stream.Close(); failed == nil {
			failed = err
		}
		w.done <- failed
	}()
	return w
}

// isFree: a piece that is offered now does not wait.
func (w *frameWriter) isFree() bool { return w.busy.Load() < piecesAhead }

// offer hands a piece over; only when isFree.
func (w *frameWriter) offer(piece []byte) {
	w.busy.Add(1)
	w.pieces <- piece
}

// close hands the last piece over and waits until all is written, at most so long.
func (w *frameWriter) close(last []byte, within time.Duration) error {
	late := time.After(within)
	w.busy.Add(1)
	select {
	case w.pieces <- last:
	case <-late:
		return fmt.Errorf("loadcell output: nobody read for %s", within)
	}
	close(w.pieces)
	select {
	case err := <-w.done:
		return err
	case <-late:
		return fmt.Errorf("loadcell output: nobody read for %s", within)
	}
}
