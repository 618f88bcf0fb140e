package fakecyberark

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"

	"github.com/cloudmail-go/cloudmail/testhelpers/fakehttp"
)

// CCPOptions of a CCP.
type CCPOptions struct {
	AppID string // the one application that is known, "" = MailTests
	// Serial is the serial number, in hex, of the client certificate that the application must show;
	// "" = it is known by its machine.
	Serial string
}

// CCP is a Central Credential Provider.
type CCP struct {
	fakehttp.Front
	handler http.Handler

	mu       sync.Mutex
	o        CCPOptions
	deny     bool
	changing bool
	accounts map[string]Account // by safe, folder and object
}

// Account is what a safe holds under an object's name.
type Account struct {
	Content    string            // the password
	UserName   string            //
	Address    string            //
	Properties map[string]string // what else the platform has
}

// NewCCP makes a provider.
func NewCCP(o *CCPOptions) *CCP {
	f := &CCP{accounts: map[string]Account{}}
	if o != nil {
		f.o = *o
	}
	if f.o.AppID == "" {
		f.o.AppID = "MailTests"
	}
	f.handler = f.Wrap(http.HandlerFunc(f.serve), func(*http.Request) string { return "account" })
	return f
}

// ServeHTTP answers a request.
func (f *CCP) ServeHTTP(w http.ResponseWriter, r *http.Request) { f.handler.ServeHTTP(w, r) }

// RoundTripper is the door in memory, which shows no client certificates.
func (f *CCP) RoundTripper() http.RoundTripper { return fakehttp.RoundTripper(f) }

// Start is the door on the loopback interface, by TLS. It asks for a client certificate.
func (f *CCP) Start() (*fakehttp.Server, error) { return fakehttp.Listen(f) }

// Put stores an account; the folder "" is Root, and others are written with backslashes.
func (f *CCP) Put(safe, folder, object string, a Account) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.accounts[place(safe, folder, object)] = a
}

// Deny takes the application's rights away, or gives them back.
func (f *CCP) Deny(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deny = on
}

// Allow names another serial number as that of the application's certificate.
func (f *CCP) Allow(serial string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.o.Serial = serial
}

// Changing makes the provider answer that passwords are being changed, or ends that.
func (f *CCP) Changing(on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changing = on
}

// place is an account's key; safes and objects are case-insensitive.
func place(safe, folder, object string) string {
	if folder == "" {
		folder = "Root"
	}
	return strings.ToLower(safe + "|" + folder + "|" + object)
}

func (f *CCP) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := r.URL.Query()
	a, known := f.accounts[place(q.Get("Safe"), q.Get("Folder"), q.Get("Object"))]
	switch {
	case !strings.EqualFold(r.URL.Path, "/AIMWebService/api/Accounts") || r.Method != http.MethodGet:
		http.Error(w, "404 - File or directory not found.", http.StatusNotFound)
	case strings.ContainsAny(r.URL.RawQuery, "+;"):
		complain(w, http.StatusBadRequest, "CASVL010E", "Invalid characters in User Name.")
	case q.Get("AppID") == "":
		complain(w, http.StatusBadRequest, "AIMWS031E", "Invalid request. The AppID parameter is required")
	case q.Get("AppID") != f.o.AppID:
		complain(w, http.StatusForbidden, "APPAP008E", "Problem occurred while trying to use user in the Vault")
	case f.deny || f.o.Serial != "" && f.o.Serial != shown(r):
		complain(w, http.StatusForbidden, "APPAP306E", "Authentication error for App ID ["+f.o.AppID+"]. Reason: APPAP133E Failed to verify application authentication data")
	case f.changing:
		complain(w, http.StatusInternalServerError, "APPAP282E", "Password is being changed")
	case !known:
		complain(w, http.StatusNotFound, "APPAP004E", "Password object matching query [Safe="+q.Get("Safe")+";Object="+q.Get("Object")+"] was not found")
	default:
		answer(w, http.StatusOK, a.document(q.Get("Safe"), q.Get("Folder"), q.Get("Object")))
	}
}

// shown is the serial number of the certificate that the client shows.
func shown(r *http.Request) string {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return ""
	}
	return r.TLS.PeerCertificates[0].SerialNumber.Text(16)
}

func (a Account) document(safe, folder, object string) map[string]string {
	if folder == "" {
		folder = "Root"
	}
	doc := map[string]string{"Content": a.Content, "Safe": safe, "Folder": folder, "Name": object, "Object": object,
		"PolicyID": "WinDomain", "DeviceType": "Operating System", "CreationMethod": "PVWA", "PasswordChangeInProcess": "False"}
	for name, value := range a.Properties {
		doc[name] = value
	}
	if a.UserName != "" {
		doc["UserName"] = a.UserName
	}
	if a.Address != "" {
		doc["Address"] = a.Address
	}
	return doc
}

func complain(w http.ResponseWriter, status int, code, message string) {
	answer(w, status, map[string]string{"ErrorCode": code, "ErrorMsg": message})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
