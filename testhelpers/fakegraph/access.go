package fakegraph

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// readLevel is how much of a mailbox an app may see and change.
type readLevel int

const (
	readNone readLevel = iota
	readBasic
	readFull
	readWrite
)

// rights are what an app may do in one mailbox.
type rights struct {
	read   readLevel
	send   bool
	policy bool // an access policy took them away
}

// need is what an endpoint asks for.
type need int

const (
	needBasic need = iota
	needRead
	needWrite
	needSend
)

func (r rights) allow(n need) bool {
	switch n {
	case needBasic:
		return r.read >= readBasic
	case needRead:
		return r.read >= readFull
	case needWrite:
		return r.read >= readWrite
	}
	return r.send
}

func (r *rights) add(role string) {
	switch role {
	case "Mail.ReadBasic", "Mail.ReadBasic.All":
		r.read = max(r.read, readBasic)
	case "Mail.Read":
		r.read = max(r.read, readFull)
	case "Mail.ReadWrite":
		r.read = max(r.read, readWrite)
	case "Mail.Send":
		r.send = true
	case "Mail Full Access", "Exchange Full Access":
		r.read, r.send = readWrite, true
	}
}

func (r rights) any() bool { return r.read > readNone || r.send }

// bearer reads the token of a request. What is wrong with it is a 401, with the challenge that
// tells a CAE client to ask for a new one.
func (f *Fake) bearer(r *http.Request) (claims, *apiError) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token = strings.TrimSpace(token); !ok || token == "" {
		return claims{}, unauthorized("Access token is empty.")
	}
	if !strings.Contains(token, ".") {
		return claims{}, unauthorized("IDX14100: JWT is not well formed, there are no dots (.).\nThe token needs to be in JWS or JWE Compact Serialization Format.")
	}
	if strings.Count(token, ".") != 2 {
		return claims{}, unauthorized("CompactToken parsing failed with error code: 80049217")
	}
	c, ok := f.readToken(token)
	switch {
	case !ok:
		return c, unauthorized("Access token validation failure. Invalid signature.")
	case !slices.Contains(graphResources, c.Audience) || strings.Contains(c.Audience, "outlook."):
		return c, unauthorized("Access token validation failure. Invalid audience.")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.apps[strings.ToLower(c.AppID)]
	if !ok {
		return c, unauthorized("The identity of the calling application could not be established.")
	}
	if time.Now().Unix() >= c.Expires || c.Serial < f.tokensFrom {
		return c, unauthorized("Lifetime validation failed, the token is expired.")
	}
	if c.Serial < a.tokensFrom && (len(c.CAE) > 0 || f.o.StrictRevoke) {
		return c, challenge()
	}
	return c, nil
}

const bearerHint = `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", client_id="` + graphAppID + `"`

func unauthorized(message string) *apiError {
	e := fail(http.StatusUnauthorized, "InvalidAuthenticationToken", "%s", message)
	e.header = http.Header{"Www-Authenticate": {bearerHint}}
	return e
}

// challenge is the answer to a revoked token of a client that can handle claims challenges:
// https://learn.microsoft.com/entra/identity-platform/claims-challenge
func challenge() *apiError {
	e := unauthorized("Continuous access evaluation resulted in challenge with result: InteractionRequired and code: TokenIssuedBeforeRevocationTimestamp")
	want := `{"access_token":{"nbf":{"essential":true,"value":"` + strconv.FormatInt(time.Now().Unix(), 10) + `"}}}`
	e.header.Set("Www-Authenticate", bearerHint+`, error="insufficient_claims", claims="`+base64.StdEncoding.EncodeToString([]byte(want))+`"`)
	return e
}

// rightsOf adds up what the token's roles and the RBAC grants give in a mailbox. An access policy
// takes from the former only. https://learn.microsoft.com/graph/auth-limit-mailbox-access
func (f *Fake) rightsOf(c claims, mailbox string) rights {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c.User != "" {
		return personRights(c, mailbox)
	}
	a := f.apps[strings.ToLower(c.AppID)]
	var r, byRole rights
	for _, role := range c.Roles {
		byRole.add(role)
	}
	if a.Policy == nil || includes(a.Policy.Mailboxes, mailbox) != a.Policy.Deny {
		r = byRole
	} else {
		r.policy = byRole.any()
	}
	for _, g := range a.Grants {
		if g.Mailboxes == nil || includes(g.Mailboxes, mailbox) {
			r.add(strings.TrimPrefix(g.Role, "Application "))
		}
	}
	return r
}

func includes(list []string, address string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, address) })
}

// permit refuses what the rights do not give.
func (c *call) permit(n need) *apiError {
	if c.rights.allow(n) {
		return nil
	}
	if !c.rights.policy {
		return accessDenied()
	}
	text := "Access to OData is disabled: [RAOP] : Blocked by tenant configured AppOnly AccessPolicy settings."
	if c.f.o.OldPolicyMsg {
		text = "Access to OData is disabled."
	}
	return fail(http.StatusForbidden, "ErrorAccessDenied", "%s", text)
}

// resolve finds the mailbox that {id | userPrincipalName} names.
func (c *call) resolve(user string) *apiError {
	address, ok := c.f.userAddress(user)
	if ok {
		c.f.mu.Lock()
		ok = c.f.homeOf(address).ID == c.caller.Tenant
		c.f.mu.Unlock()
	}
	c.guid = mailboxGUID(address)
	c.rights = c.f.rightsOf(c.caller, address)
	switch {
	case !c.rights.any():
		return c.permit(needBasic)
	case !ok:
		return c.f.unknownUser(user)
	}
	box, found := c.f.store.Mailbox(address)
	if !found || c.f.hasNoMailbox(address) {
		return known("MailboxNotEnabledForRESTAPI")
	}
	c.box = box
	return nil
}

// userAddress maps an object id, a user principal name or (if switched on) an alias to the primary
// address. A plus-address is no user.
func (f *Fake) userAddress(user string) (string, bool) {
	if box, ok := f.store.Mailbox(user); ok {
		if strings.EqualFold(box.Address(), user) || f.o.AliasUsers && includes(box.Aliases(), user) {
			return box.Address(), true
		}
	}
	for _, box := range f.store.Mailboxes() {
		if len(user) == 36 && strings.EqualFold(mailboxGUID(box.Address()), user) {
			return box.Address(), true
		}
	}
	return user, f.hasNoMailbox(user)
}

func (f *Fake) unknownUser(user string) *apiError {
	switch f.o.UnknownUser {
	case "Request_ResourceNotFound":
		return fail(http.StatusNotFound, f.o.UnknownUser, "Resource '%s' does not exist or one of its queried reference-property objects are not present.", user)
	case "ResourceNotFound":
		return fail(http.StatusNotFound, f.o.UnknownUser, "Resource could not be discovered.")
	}
	return fail(http.StatusNotFound, "ErrorInvalidUser", "The requested user '%s' is invalid.", user)
}

func (f *Fake) hasNoMailbox(address string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unlicensed[strings.ToLower(address)]
}
