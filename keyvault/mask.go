package keyvault

import (
	"fmt"
	"io"
	"strings"
)

// CI is a build service whose log can be told to hide values.
type CI int

// The build services.
const (
	// GitHubActions: the workflow command add-mask.
	// https://docs.github.com/actions/reference/workflow-commands-for-github-actions#masking-a-value-in-a-log
	GitHubActions CI = iota + 1
	// AzurePipelines: the logging command task.setsecret.
	// https://learn.microsoft.com/azure/devops/pipelines/scripts/logging-commands#setsecret-register-a-value-as-a-secret
	AzurePipelines
)

// DetectCI tells the build service from its environment variables (pass os.Getenv), 0 if it is none of these.
func DetectCI(getenv func(string) string) CI {
	switch {
	case getenv("GITHUB_ACTIONS") == "true":
		return GitHubActions
	case strings.EqualFold(getenv("TF_BUILD"), "true"):
		return AzurePipelines
	}
	return 0
}

// Mask writes the commands that make the build service hide these values in its log. The
// commands hold the values: w must be the standard output that the service reads, and
// nothing else. Both services take one line at a time, so that a value in several lines
// gives several commands. Empty values and blank lines are left out: they would hide everything.
func Mask(w io.Writer, ci CI, secrets ...Secret) error {
	var command string
	var escape *strings.Replacer
	switch ci {
	case GitHubActions:
		command, escape = "::add-mask::", strings.NewReplacer("%", "%25", "\r", "%0D")
	case AzurePipelines:
		command, escape = "##vso[task.setsecret]", strings.NewReplacer("%", "%AZP25", "\r", "%0D")
	default:
		return &Error{Kind: ErrConfig, Remedy: "the build service is not known: pass GitHubActions or AzurePipelines"}
	}
	for _, s := range secrets {
		for line := range strings.SplitSeq(s.Reveal(), "\n") {
			line = strings.TrimSuffix(line, "\r")
			if strings.TrimSpace(line) == "" {
				continue
			}
			if _, err := fmt.Fprintf(w, "%s%s\n", command, escape.Replace(line)); err != nil {
				return err
			}
		}
	}
	return nil
}
