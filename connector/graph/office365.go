package graph

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/cloudmail-go/cloudmail/connector"
)

// Office365 is a mailbox of Exchange Online and the app that opens it. Address, Tenant, ClientID
// and one credential are required.
type Office365 struct {
	// Tenant is the directory: its id, or one of its verified domains.
	Tenant string
	// ClientID is the app's id (Application (client) ID).
	ClientID string

	// Exactly one of the next four is set.

	// ClientSecret is the value of a client secret, not its id.
	ClientSecret connector.Credential
	// Certificate is a client certificate with its RSA key: PEM, or a PFX in base64.
	Certificate connector.Credential
	// FederatedToken gives a token of an outside issuer that the app trusts, so that no secret is
	// needed: [GitHubActions], [WorkloadIdentityFile], or one's own. It is called for each access
	// token.
	FederatedToken func(context.Context) (string, error)
	// TokenCredential is any credential of the Azure SDK. Tenant and ClientID may be empty then.
	TokenCredential azcore.TokenCredential

	// CertificatePassword opens a PFX; nil is none.
	CertificatePassword connector.Credential

	// Address of the mailbox; a shared one's too.
	Address string
	// Cloud is where the tenant is; empty is the global one.
	Cloud Cloud

	// NoSentCopy keeps what is sent out of Sent Items. Graph can do so only for mail given by its
	// fields: of text and HTML the HTML alone is sent then, and at most five X- fields.
	NoSentCopy bool

	// Proxy for both services; nil is the one that the environment names (HTTPS_PROXY, NO_PROXY).
	Proxy *url.URL
	// NoProxy lists hosts that no proxy is for, as in NO_PROXY: "example.com", ".example.com",
	// "10.0.0.0/8". What the environment's NO_PROXY names counts beside it where Proxy is nil.
	NoProxy []string
	// RootCAs are trusted instead of the system's, as a proxy needs that opens TLS.
	RootCAs *x509.CertPool
	// Transport makes the requests, in place of all of Proxy, NoProxy and RootCAs. Sessions with a
	// transport of their own share no feed.
	Transport http.RoundTripper

	// AuthorityHost and Endpoint are the addresses of Entra and Graph, such as
	// "https://127.0.0.1:8443", where Cloud does not say it; https only.
	AuthorityHost, Endpoint string
}

var (
	_ connector.Server      = Office365{}
	_ connector.Preflighter = Office365{}
)

// Mailbox returns the address.
func (o Office365) Mailbox() string { return strings.TrimSpace(o.Address) }

// Cloud is one of Microsoft's clouds.
type Cloud string

// The clouds. https://learn.microsoft.com/graph/deployments
const (
	Global          Cloud = "global"
	USGovernment    Cloud = "usgovernment"    // GCC High (L4)
	USGovernmentDoD Cloud = "usgovernmentdod" // DoD (L5)
	China           Cloud = "china"           // operated by 21Vianet
)

// endpoints are the addresses of a cloud.
type endpoints struct{ authority, graph string }

var clouds = map[Cloud]endpoints{
	"":              {"https://login.microsoftonline.com", "https://graph.microsoft.com"},
	Global:          {"https://login.microsoftonline.com", "https://graph.microsoft.com"},
	USGovernment:    {"https://login.microsoftonline.us", "https://graph.microsoft.us"},
	USGovernmentDoD: {"https://login.microsoftonline.us", "https://dod-graph.microsoft.us"},
	China:           {"https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"},
}

// endpoints returns the addresses to use; an empty one is of an unknown cloud.
func (o Office365) endpoints() endpoints {
	e := clouds[Cloud(strings.ToLower(string(o.Cloud)))]
	if o.AuthorityHost != "" {
		e.authority = strings.TrimRight(o.AuthorityHost, "/")
	}
	if o.Endpoint != "" {
		e.graph = strings.TrimRight(o.Endpoint, "/")
	}
	return e
}

// scope is what a token is asked for. The resource is the cloud's Graph, wherever it is reached.
func (o Office365) scope() string {
	resource := clouds[Cloud(strings.ToLower(string(o.Cloud)))].graph
	return resource + "/.default"
}
