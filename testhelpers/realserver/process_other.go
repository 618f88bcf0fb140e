//go:build !unix

package realserver

import "os/exec"

// None of the servers runs here; these let the package compile.

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func runAs(*exec.Cmd, int, int) {}
