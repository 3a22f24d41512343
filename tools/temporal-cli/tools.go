//go:build tools

// Package tools pins the Temporal command line that the local stack runs when no released build is at hand.
package tools

import _ "github.com/temporalio/cli/cmd/temporal"
