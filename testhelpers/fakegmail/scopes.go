package fakegmail

import (
	"slices"
	"strings"
)

// The OAuth scopes that the methods ask for
// (https://developers.google.com/workspace/gmail/api/auth/scopes).
const (
	ScopeFull     = "https://mail.google.com/"
	ScopeModify   = scopeBase + "gmail.modify"
	ScopeReadonly = scopeBase + "gmail.readonly"
	ScopeMetadata = scopeBase + "gmail.metadata"
	ScopeCompose  = scopeBase + "gmail.compose"
	ScopeSend     = scopeBase + "gmail.send"
	ScopeInsert   = scopeBase + "gmail.insert"
	ScopeLabels   = scopeBase + "gmail.labels"
	ScopeBasic    = scopeBase + "gmail.settings.basic"
	ScopeSharing  = scopeBase + "gmail.settings.sharing"
	ScopeCloud    = scopeBase + "cloud-platform" // for IAM
	ScopeIAM      = scopeBase + "iam"            // for IAM

	scopeBase = "https://www.googleapis.com/auth/"
)

// The sets of scopes of which a method needs one.
var (
	scopesRead     = []string{ScopeFull, ScopeModify, ScopeReadonly}
	scopesMeta     = []string{ScopeFull, ScopeModify, ScopeReadonly, ScopeMetadata}
	scopesProfile  = []string{ScopeFull, ScopeModify, ScopeReadonly, ScopeMetadata, ScopeCompose}
	scopesDraft    = []string{ScopeFull, ScopeModify, ScopeReadonly, ScopeCompose}
	scopesCompose  = []string{ScopeFull, ScopeModify, ScopeCompose}
	scopesSend     = []string{ScopeFull, ScopeModify, ScopeCompose, ScopeSend}
	scopesInsert   = []string{ScopeFull, ScopeModify, ScopeInsert}
	scopesModify   = []string{ScopeFull, ScopeModify}
	scopesFull     = []string{ScopeFull}
	scopesLabels   = []string{ScopeFull, ScopeModify, ScopeLabels}
	scopesLabelGet = []string{ScopeFull, ScopeModify, ScopeReadonly, ScopeMetadata, ScopeLabels}
	scopesSettings = []string{ScopeFull, ScopeModify, ScopeReadonly, ScopeBasic}
	scopesIAM      = []string{ScopeCloud, ScopeIAM}
)

// known are scopes of Google that the token endpoint recognises, beside those above.
var knownScopes = []string{
	"openid", "email", "profile",
	scopeBase + "userinfo.email", scopeBase + "userinfo.profile",
	scopeBase + "gmail.imap_admin",
	scopeBase + "gmail.addons.current.action.compose",
	scopeBase + "gmail.addons.current.message.action",
	scopeBase + "gmail.addons.current.message.metadata",
	scopeBase + "gmail.addons.current.message.readonly",
	scopeBase + "pubsub", scopeBase + "admin.directory.user.readonly",
}

func recognised(scope string) bool {
	return slices.Contains(knownScopes, scope) || slices.Contains([]string{
		ScopeFull, ScopeModify, ScopeReadonly, ScopeMetadata, ScopeCompose, ScopeSend, ScopeInsert,
		ScopeLabels, ScopeBasic, ScopeSharing, ScopeCloud, ScopeIAM,
	}, scope)
}

func wellFormed(scope string) bool {
	return recognised(scope) || strings.HasPrefix(scope, "https://")
}

// anyOf reports whether one of the wanted scopes was granted.
func anyOf(granted, wanted []string) bool {
	return slices.ContainsFunc(wanted, func(s string) bool { return slices.Contains(granted, s) })
}
