package connector_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/cloudmail-go/cloudmail/"

// law says what a package of this module may import, directly or through other packages of this
// module.
type law struct {
	own   []string // packages of this module, prefixes
	third []string // libraries, prefixes
	never []string // packages that must not be reached at all, through libraries neither
}

// xLibraries are open to all.
var xLibraries = []string{"golang.org/x/"}

// fakesReach is what an embedded service stands on: an independent reading of the provider's
// documents.
var fakesReach = law{own: []string{"testhelpers/mailstore", "testhelpers/fakehttp", "testhelpers/internal"}}

// laws lists the packages by prefix; the longest prefix counts.
var laws = map[string]law{
	"connector":                {own: []string{"connector/internal"}, third: []string{"github.com/emersion/go-message"}, never: []string{"net/http", "testing"}},
	"connector/internal":       {own: []string{"connector/internal", "connector"}, third: []string{"github.com/emersion/go-message"}},
	"connector/oauth":          {own: []string{"connector", "connector/internal"}},
	"connector/authentication": {own: []string{"connector", "connector/internal", "connector/delivery"}, third: []string{"github.com/emersion/go-msgauth", "blitiri.com.ar/go/spf"}},
	"connector/delivery":       {own: []string{"connector", "connector/internal"}},
	"connector/links":          {own: []string{"connector", "connector/internal"}},
	"connector/html":           {own: []string{"connector", "connector/internal"}, third: []string{"github.com/andybalholm/cascadia"}},
	"connector/codes":          {own: []string{"connector", "connector/internal"}},
	"connector/memory":         {own: []string{"connector", "connector/internal", "testhelpers/mailstore"}},
	"connector/gmail":          {own: []string{"connector", "connector/internal", "connector/oauth"}, third: []string{"google.golang.org/", "cloud.google.com/go/auth"}, never: []string{"github.com/microsoftgraph/msgraph-sdk-go"}},
	"connector/graph":          {own: []string{"connector", "connector/internal", "connector/oauth", "connector/graph/internal"}, third: []string{"github.com/Azure/azure-sdk-for-go/sdk/az", "github.com/microsoft/kiota-", "github.com/microsoftgraph/msgraph-sdk-go/models", "github.com/microsoftgraph/msgraph-sdk-go/users", "github.com/microsoftgraph/msgraph-sdk-go-core", "software.sslmate.com/src/go-pkcs12"}, never: []string{"github.com/microsoftgraph/msgraph-sdk-go", "google.golang.org/api/gmail/v1"}},
	"connector/smtp":           {own: []string{"connector", "connector/internal", "connector/oauth"}, third: []string{"github.com/wneessen/go-mail/smtp"}},
	"connector/pop3":           {own: []string{"connector", "connector/internal", "connector/oauth", "connector/smtp"}},
	"connector/imap":           {own: []string{"connector", "connector/internal", "connector/oauth", "connector/smtp"}, third: []string{"github.com/emersion/go-imap/v2", "github.com/emersion/go-sasl"}},
	"connector/connectortest":  {own: []string{"connector", "connector/internal", "fixtures", "testhelpers/mailstore", "connector/memory"}, third: []string{"github.com/stretchr/testify"}},
	"keyvault":                 {},
	"keyvault/envvault":        {own: []string{"keyvault"}},
	"keyvault/filevault":       {own: []string{"keyvault"}, third: []string{"go.yaml.in/yaml/v3"}},
	"keyvault/keyvaulttest":    {own: []string{"keyvault"}},
	"keyvault/hashivault":      {own: []string{"keyvault", "keyvault/internal"}, third: []string{"github.com/hashicorp/vault/api"}},
	"keyvault/azurevault":      {own: []string{"keyvault", "keyvault/internal"}, third: []string{"github.com/Azure/azure-sdk-for-go/sdk/", "software.sslmate.com/src/go-pkcs12"}},
	"keyvault/awsvault":        {own: []string{"keyvault", "keyvault/internal"}, third: []string{"github.com/aws/"}},
	"keyvault/gcpvault":        {own: []string{"keyvault", "keyvault/internal"}, third: []string{"google.golang.org/api", "cloud.google.com/go/auth"}},
	"keyvault/cyberarkvault":   {own: []string{"keyvault", "keyvault/internal"}},
	"keyvault/conjurvault":     {own: []string{"keyvault", "keyvault/internal"}},
	"keyvault/internal":        {own: []string{"keyvault"}},
	"keyvault/keyringvault":    {own: []string{"keyvault"}, third: []string{"github.com/zalando/go-keyring"}},
	"keyvault/execvault":       {own: []string{"keyvault"}},
	"testhelpers":              {own: []string{"connector", "connector/internal", "connector/links", "connector/codes", "connector/html", "connector/delivery"}},
	"testhelpers/mailstore":    {},
	"testhelpers/fakehttp":     {own: []string{"testhelpers/internal"}},
	"testhelpers/internal":     {own: []string{"testhelpers/internal", "testhelpers/fakehttp"}},
	"testhelpers/fake":         fakesReach,
	"testhelpers/fakeimap":     {own: fakesReach.own, third: []string{"github.com/emersion/go-imap/v2", "github.com/emersion/go-sasl", "github.com/emersion/go-message/textproto"}},
	"testhelpers/fakesmtp":     {own: fakesReach.own, third: []string{"github.com/emersion/go-smtp", "github.com/emersion/go-sasl"}},
	"testhelpers/realserver":   {own: []string{"testhelpers/fakehttp"}},
	"fixtures":                 {},
}

// lawOf finds the law of a package by its longest prefix.
func lawOf(pkg string) (law, bool) {
	best := ""
	for p := range laws {
		if p == pkg || strings.HasPrefix(pkg, p+"/") && p != "connector" && p != "keyvault" && p != "testhelpers" || p == "testhelpers/fake" && strings.HasPrefix(pkg, p) {
			if len(p) > len(best) {
				best = p
			}
		}
	}
	return laws[best], best != ""
}

// graph is who imports whom, as the go command tells.
type graph map[string][]string

// imports asks the go command about the packages and all they reach.
func imports(t *testing.T) graph {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	require.NoError(t, err)
	g := graph{}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		g[f[0]] = f[1:]
	}
	return g
}

// std reports whether a package is of the standard library.
func std(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !strings.Contains(first, ".")
}

// chain returns the shortest way from a package to one that breaks its law, nil if there is none.
func (g graph) chain(from string, l law) []string {
	ways := [][]string{{from}}
	seen := map[string]bool{from: true}
	for len(ways) > 0 {
		way := ways[0]
		ways = ways[1:]
		at := way[len(way)-1]
		for _, next := range g[at] {
			if seen[next] {
				continue
			}
			seen[next] = true
			to := append(slices.Clone(way), next)
			if l.breaks(from, at, next) {
				return to
			}
			ways = append(ways, to)
		}
	}
	return nil
}

// breaks reports whether one import on the way from a package breaks that package's law. What is
// behind another package of this module or a library is that one's own affair, but for the
// packages that must never be reached.
func (l law) breaks(pkg, from, to string) bool {
	if slices.Contains(l.never, to) {
		return true
	}
	if std(to) || from != pkg {
		return false
	}
	if own, ok := strings.CutPrefix(to, module); ok {
		return !slices.ContainsFunc(l.own, func(p string) bool {
			return own == p || strings.HasSuffix(p, "/internal") && strings.HasPrefix(own, p+"/")
		})
	}
	return !slices.ContainsFunc(slices.Concat(xLibraries, l.third), func(p string) bool { return strings.HasPrefix(to, p) })
}

// TestImportLaws holds the walls of the house: it prints the chain by which one is broken.
func TestImportLaws(t *testing.T) {
	t.Parallel()
	g := imports(t)
	checked := 0
	for pkg := range g {
		own, ok := strings.CutPrefix(pkg, module)
		if !ok {
			continue
		}
		l, ok := lawOf(own)
		if !ok {
			t.Errorf("%s has no import law: add one to the table", own)
			continue
		}
		checked++
		if way := g.chain(pkg, l); way != nil {
			t.Errorf("%s breaks its import law:\n  %s", own, strings.Join(way, "\n  → "))
		}
	}
	require.Greater(t, checked, 10, "the module's packages were looked at")
}

// TestImportLawsCatch proves that the test above can fail.
func TestImportLawsCatch(t *testing.T) {
	t.Parallel()
	c := module + "connector"
	for name, g := range map[string]graph{
		"a backend":          {c: {module + "connector/gmail"}},
		"the vaults":         {c: {module + "keyvault"}},
		"a library":          {c: {"github.com/example/lib"}},
		"net/http by detour": {c: {"golang.org/x/net/html"}, "golang.org/x/net/html": {"net/http"}},
	} {
		require.NotNil(t, g.chain(c, laws["connector"]), name)
	}
	fine := graph{c: {"golang.org/x/net/html", "strings", "github.com/emersion/go-message/mail"}}
	require.Nil(t, fine.chain(c, laws["connector"]))
}
