// Command k6 is Grafana k6 with loadcell's output extension beside it. It is built on the user's machine: k6 is licensed
// under the AGPL-3.0, and so is this binary; it is not shipped.
package main

import (
	"go.k6.io/k6/v2/cmd"

	_ "loadcell/k6/output"
)

func main() {
	cmd.Execute()
}
