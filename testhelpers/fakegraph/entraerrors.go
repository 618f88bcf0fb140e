package fakegraph

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// EntraRow is one error of the token endpoint.
type EntraRow struct {
	Code   int    // AADSTS number
	Error  string // OAuth error code
	Status int
	Text   string // with %s for what the request had
}

// EntraErrors are the errors of Entra's token endpoint that a mail client meets, by AADSTS number.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var EntraErrors = [...]EntraRow{
	{7000215, "invalid_client", 401, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'."},
	{7000222, "invalid_client", 401, "The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds."},
	{7000216, "invalid_request", 400, "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type."},
	{7000218, "invalid_client", 401, "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."},
	{700027, "invalid_client", 401, "The certificate with identifier used to sign the client assertion is not registered on application. [Reason - %s]"},
	{50012, "invalid_client", 401, "Authentication failed: invalid client assertion. %s"},
	{700024, "invalid_client", 401, "Client assertion is not within its valid time range. %s"},
	{50013, "invalid_client", 401, "Assertion failed signature validation. [Reason - %s]"},
	{500133, "invalid_client", 401, "Assertion is not within its valid time range. %s"},
	{50027, "invalid_client", 401, "JWT token is invalid or malformed. %s"},
	{700021, "invalid_client", 401, "Client assertion application identifier doesn't match 'client_id' parameter. %s"},
	{700211, "invalid_client", 401, "No matching federated identity record found for presented assertion issuer '%s'."},
	{700212, "invalid_client", 401, "No matching federated identity record found for presented assertion audience '%s'."},
	{700213, "invalid_client", 401, "No matching federated identity record found for presented assertion subject '%s'."},
	{70021, "invalid_request", 400, "No matching federated identity record found for presented assertion. %s"},
	{700016, "unauthorized_client", 400, "Application with identifier '%s' was not found in the directory. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant."},
	{90002, "invalid_tenant", 400, "Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant."},
	{900023, "invalid_request", 400, "Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain."},
	{7000112, "unauthorized_client", 400, "Application '%s' is disabled."},
	{7000229, "unauthorized_client", 400, "The client application '%s' is missing service principal in the tenant."},
	{1002012, "invalid_scope", 400, "The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI)."},
	{70011, "invalid_scope", 400, "The provided request must include a 'scope' input parameter. The provided value for the input parameter 'scope' is not valid. The scope %s is not valid."},
	{700022, "invalid_scope", 400, "The provided value for the input parameter scope '%s' is not valid because it contains more than one resource."},
	{500011, "invalid_resource", 400, "The resource principal named %s was not found in the tenant. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant."},
	{50001, "invalid_resource", 400, "The resource principal named %s was not found in the tenant."},
	{65001, "invalid_grant", 400, "The user or administrator has not consented to use the application with ID '%s'. Send an interactive authorization request for this user and resource."},
	{53003, "invalid_grant", 400, "Access has been blocked by Conditional Access policies. The access policy does not allow token issuance."},
	{50076, "invalid_grant", 400, "Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication to access the resource."},
	{50079, "invalid_grant", 400, "Due to a configuration change made by your administrator, or because you moved to a new location, you must enroll in multi-factor authentication."},
	{50196, "invalid_grant", 400, "The server terminated an operation because it encountered a client request loop. Please contact your app vendor."},
	{50194, "invalid_request", 400, "Application '%s' is not configured as a multi-tenant application. Usage of the /common endpoint is not supported for such apps."},
	{9001023, "invalid_request", 400, "The grant type is not supported over the /common or /consumers endpoints. Please use the /organizations or tenant-specific endpoint."},
	{50059, "invalid_request", 400, "No tenant-identifying information found in either the request or implied by any provided credentials."},
	{90055, "temporarily_unavailable", 429, "The server is temporarily too busy. Wait and try again."},
	{900561, "invalid_request", 400, "The endpoint only accepts POST requests. Received a %s request."},
	{900144, "invalid_request", 400, "The request body must contain the following parameter: '%s'."},
	{70003, "unsupported_grant_type", 400, "The app requested an unsupported grant type '%s'."},
}

// entraError is a refused request.
type entraError struct {
	row        EntraRow
	text       string
	retryAfter time.Duration
}

// entraErr makes the error of an AADSTS number; args fill its text.
func entraErr(code int, args ...any) *entraError {
	for _, row := range EntraErrors {
		if row.Code != code {
			continue
		}
		for len(args) < strings.Count(row.Text, "%s") {
			args = append(args, "")
		}
		return &entraError{row: row, text: fmt.Sprintf(row.Text, args[:strings.Count(row.Text, "%s")]...)}
	}
	return &entraError{row: EntraRow{code, "invalid_request", http.StatusBadRequest, ""}, text: "Unknown error."}
}

// body is the error as Entra writes it, with the trailer that names trace and
// time; sep stands between its parts.
func (e *entraError) body(correlation, sep string) object {
	trace, at := newGUID(), time.Now().UTC().Format("2006-01-02 15:04:05Z")
	text := fmt.Sprintf("AADSTS%d: %s%sTrace ID: %s%sCorrelation ID: %s%sTimestamp: %s", e.row.Code, e.text, sep, trace, sep, correlation, sep, at)
	return object{
		{"error", e.row.Error},
		{"error_description", text},
		{"error_codes", []any{e.row.Code}},
		{"timestamp", at},
		{"trace_id", trace},
		{"correlation_id", correlation},
		{"error_uri", "https://login.microsoftonline.com/error?code=" + strconv.Itoa(e.row.Code)},
	}
}

func (f *Fake) writeEntraError(w http.ResponseWriter, r *http.Request, e *entraError) {
	correlation := r.Header.Get("Client-Request-Id")
	if correlation == "" {
		correlation = newGUID()
	}
	if e.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(seconds(e.retryAfter)))
	}
	sep := " "
	if f.o.OldErrorText {
		sep = "\r\n"
	}
	writeEntra(w, r, e.row.Status, e.body(correlation, sep))
}
