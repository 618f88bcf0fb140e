package fakegraph

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// endpoint is one operation on the resources below a user. Its path is matched against what
// follows "/users/{user}" and a folder; "*" stands for an id.
type endpoint struct {
	method, path string
	kind         string
	need         need
	serve        func(*call) (*reply, *apiError)
}

// endpoints lists what the fake does. The kinds are those of faults and counters.
func endpoints() []endpoint {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	return []endpoint{
		{get, "messages", "list", needBasic, (*call).listMessages},
		{get, "messages/$count", "count", needBasic, (*call).countMessages},
		{get, "messages/delta", "delta", needBasic, (*call).delta},
		{post, "messages", "create", needWrite, (*call).createMessage},
		{get, "messages/*", "get", needBasic, (*call).getMessage},
		{patch, "messages/*", "patch", needWrite, (*call).patchMessage},
		{del, "messages/*", "delete", needWrite, (*call).deleteMessage},
		{get, "messages/*/$value", "value", needRead, (*call).messageValue},
		{get, "messages/*/attachments", "attachments", needRead, (*call).listAttachments},
		{post, "messages/*/attachments", "attach", needWrite, (*call).addAttachment},
		{get, "messages/*/attachments/*", "attachments", needRead, (*call).getAttachment},
		{del, "messages/*/attachments/*", "attach", needWrite, (*call).deleteAttachment},
		{get, "messages/*/attachments/*/$value", "attachments", needRead, (*call).attachmentValue},
		{post, "messages/*/attachments/createuploadsession", "upload", needWrite, (*call).createUpload},
		{post, "messages/*/send", "send", needSend, (*call).sendDraft},
		{post, "messages/*/reply", "send", needSend, (*call).reply},
		{post, "messages/*/replyall", "send", needSend, (*call).replyAll},
		{post, "messages/*/forward", "send", needSend, (*call).forward},
		{post, "messages/*/createreply", "create", needWrite, (*call).createReply},
		{post, "messages/*/createreplyall", "create", needWrite, (*call).createReplyAll},
		{post, "messages/*/createforward", "create", needWrite, (*call).createForward},
		{post, "messages/*/move", "move", needWrite, (*call).moveMessage},
		{post, "messages/*/copy", "move", needWrite, (*call).copyMessage},
		{post, "messages/*/permanentdelete", "delete", needWrite, (*call).purgeMessage},
		{post, "sendmail", "send", needSend, (*call).sendMail},
		{get, "mailfolders", "folders", needBasic, (*call).listFolders},
		{post, "mailfolders", "folders", needWrite, (*call).createFolder},
		{get, "childfolders", "folders", needBasic, (*call).listFolders},
		{post, "childfolders", "folders", needWrite, (*call).createFolder},
		{get, "", "folders", needBasic, (*call).getFolder},
		{patch, "", "folders", needWrite, (*call).renameFolder},
		{del, "", "folders", needWrite, (*call).deleteFolder},
		{post, "translateexchangeids", "ids", needBasic, (*call).translateIDs},
	}
}

// route is a request's path below a user, taken apart.
type route struct {
	user     string
	folder   string // id or well-known name, "" if the path has none
	args     []string
	endpoint *endpoint
	err      *apiError // the path leads nowhere
}

var keyed = regexp.MustCompile(`^([A-Za-z.]+)\('(.*)'\)$`)

// segments splits an escaped path. The key of OData's messages('id') becomes a segment of its own,
// and bound functions lose their brackets and namespace: delta(), microsoft.graph.delta().
func segments(path string) ([]string, *apiError) {
	var list []string
	for raw := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		s, err := url.PathUnescape(raw)
		if err != nil {
			return nil, malformedID()
		}
		if m := keyed.FindStringSubmatch(s); m != nil {
			list = append(list, m[1], m[2])
			continue
		}
		s = strings.TrimSuffix(s, "()")
		list = append(list, strings.TrimPrefix(s, "microsoft.graph."))
	}
	return list, nil
}

// parseRoute reads the path after the version.
func (f *Fake) parseRoute(method string, segs []string) route {
	rt := route{}
	if len(segs) < 2 || !strings.EqualFold(segs[0], "users") {
		rt.err = elsewhere(segs)
		return rt
	}
	rt.user, segs = segs[1], segs[2:]
	for len(segs) > 1 && isFolders(segs[0]) && segs[1] != "delta" && segs[1] != "$count" {
		rt.folder, segs = segs[1], segs[2:]
	}
	if len(segs) == 0 && rt.folder == "" {
		rt.err = known("Authorization_RequestDenied") // reading users needs User.Read.All
		return rt
	}
	rt.match(f.routes, method, segs)
	return rt
}

func isFolders(s string) bool {
	return strings.EqualFold(s, "mailFolders") || strings.EqualFold(s, "childFolders")
}

func (rt *route) match(routes []endpoint, method string, segs []string) {
	pathKnown := false
	for _, e := range routes {
		args, ok := matchPath(e.path, segs)
		if !ok {
			continue
		}
		pathKnown = true
		if e.method == method {
			rt.endpoint, rt.args = &e, args
			return
		}
	}
	switch {
	case pathKnown:
		rt.err = fail(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	case notBuilt(segs):
		rt.err = notImplemented(strings.Join(segs, "/"))
	default:
		rt.err = noSegment(segs[len(segs)-1])
	}
}

// matchPath matches segments against a pattern; literal segments win by standing first.
func matchPath(pattern string, segs []string) (args []string, ok bool) {
	if pattern == "" {
		return nil, len(segs) == 0
	}
	want := strings.Split(pattern, "/")
	if len(want) != len(segs) {
		return nil, false
	}
	for i, w := range want {
		switch {
		case w == "*":
			args = append(args, segs[i])
		case !strings.EqualFold(w, segs[i]):
			return nil, false
		}
	}
	return args, true
}

// elsewhere answers paths that do not lead to a user's mail.
func elsewhere(segs []string) *apiError {
	switch first := strings.ToLower(strings.Join(segs[:min(1, len(segs))], "")); first {
	case "me":
		return badRequest("/me request is only valid with delegated authentication flow.")
	case "subscriptions", "$metadata", "search", "communications":
		return notImplemented(first)
	case "users", "groups", "directoryobjects", "organization", "applications", "serviceprincipals":
		return known("Authorization_RequestDenied")
	default:
		return noSegment(first)
	}
}

// notBuilt names what Graph has below a user and the fake has not.
func notBuilt(segs []string) bool {
	switch strings.ToLower(segs[0]) {
	case "events", "calendar", "calendars", "calendarview", "contacts", "mailboxsettings", "outlook",
		"inferenceclassification", "getmailtips", "todo", "onenote", "drive", "photo", "mailfolders", "move", "copy", "messagerules":
		return true
	}
	return false
}

// notImplemented says loudly that the fake, not the service, is at its end.
func notImplemented(what string) *apiError {
	return fail(http.StatusNotImplemented, "NotImplemented", "fakegraph does not imitate '%s'.", what)
}
