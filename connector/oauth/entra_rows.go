package oauth

import "github.com/cloudmail-go/cloudmail/connector"

// entraRow is what an AADSTS number means to who runs a test.
type entraRow struct {
	kind   error
	fresh  bool // another credential may be accepted
	remedy string
}

// The remedies that several numbers share.
const (
	useSecretValue  = "give the secret's value, not its id: the portal shows the value once, when the secret is made (Certificates & secrets)"
	newSecret       = "make a new client secret for the app (Certificates & secrets) and put it into the vault"
	uploadCert      = "upload this certificate to the app (Certificates & secrets), or use the one that is there"
	checkClock      = "set this machine's clock: the assertion was outside its time"
	federate        = "compare issuer, subject and audience of the token with the app's federated credential, letter by letter"
	rightTenant     = "check ClientID and Tenant: the app must be registered, or consented to, in that tenant"
	tenantName      = "check Tenant (the directory's id or a verified domain) and Cloud"
	consent         = "let an administrator grant consent to the app's permissions"
	accessRule      = "a Conditional Access policy blocks the sign-in: ask the administrator, or run from an allowed address"
	signInAgain     = "sign in again: the refresh token is no longer valid"
	userPolicy      = "the account needs a second factor: use application permissions instead of a user's sign-in"
	defaultScope    = "ask for one resource's /.default, such as https://graph.microsoft.com/.default"
	wrongCloud      = "check Cloud: the tenant's cloud does not have this service"
	enableApp       = "let an administrator enable the enterprise application (Properties: users can sign in)"
	setCredential   = "set ClientSecret, Certificate or FederatedToken"
	tooManyTokens   = "the app asks for too many tokens: share one session among the tests"
	entraDown       = "Entra has a hitch; if it lasts, see the service's status page"
	changedOnTheWay = "the request was changed on its way: check the proxy and AuthorityHost"
)

// entraRows are the numbers that a mail client meets.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
var entraRows = map[int]entraRow{
	7000215: {connector.ErrAuth, true, useSecretValue},
	7000222: {connector.ErrAuth, true, newSecret},
	7000216: {connector.ErrConfig, false, setCredential},
	7000218: {connector.ErrConfig, false, setCredential},
	700027:  {connector.ErrAuth, true, uploadCert},
	50012:   {connector.ErrAuth, true, uploadCert},
	700024:  {connector.ErrAuth, true, checkClock},
	500133:  {connector.ErrAuth, true, checkClock},
	50013:   {connector.ErrAuth, true, uploadCert},
	50027:   {connector.ErrAuth, true, "the assertion is malformed: check the certificate and its key"},
	700021:  {connector.ErrAuth, false, "the assertion was made for another app: check ClientID"},
	700211:  {connector.ErrAuth, true, federate},
	700212:  {connector.ErrAuth, true, federate},
	700213:  {connector.ErrAuth, true, federate},
	70021:   {connector.ErrAuth, true, federate},
	700016:  {connector.ErrAuth, false, rightTenant},
	90002:   {connector.ErrAuth, false, tenantName},
	900023:  {connector.ErrConfig, false, tenantName},
	7000112: {connector.ErrAuth, false, enableApp},
	7000229: {connector.ErrAuth, false, "let an administrator consent to the app in this tenant: it has no service principal there"},
	1002012: {connector.ErrConfig, false, defaultScope},
	70011:   {connector.ErrConfig, false, defaultScope},
	700022:  {connector.ErrConfig, false, defaultScope},
	28000:   {connector.ErrConfig, false, defaultScope},
	28003:   {connector.ErrConfig, false, defaultScope},
	500011:  {connector.ErrAuth, false, wrongCloud},
	50001:   {connector.ErrAuth, false, wrongCloud},
	65001:   {connector.ErrPermission, false, consent},
	53003:   {connector.ErrAuth, false, accessRule},
	50076:   {connector.ErrAuth, false, userPolicy},
	50079:   {connector.ErrAuth, false, userPolicy},
	50196:   {connector.ErrAuth, false, "the app asks for tokens in a loop: wait some minutes, and share one session among the tests"},
	50194:   {connector.ErrConfig, false, "the app is of one tenant: set Tenant to its id"},
	9001023: {connector.ErrConfig, false, "set Tenant to the id of a directory: an application has rights in one only"},
	90055:   {connector.ErrThrottled, false, tooManyTokens},
	90033:   {connector.ErrUnavailable, false, entraDown},
	90100:   {connector.ErrConfig, false, "a field is malformed: check Tenant and ClientID"},
	900561:  {connector.ErrUnexpected, false, "a proxy changed the request's method"},
	70003:   {connector.ErrUnexpected, false, changedOnTheWay},
	50059:   {connector.ErrConfig, false, tenantName},
	900144:  {connector.ErrConfig, false, "a field is missing: check ClientID and the credential"},
	50126:   {connector.ErrAuth, false, "user name or password is wrong; better use application permissions"},
	50034:   {connector.ErrAuth, false, "the user does not exist in this tenant"},
	50053:   {connector.ErrAuth, false, "the account is locked: wait, or let an administrator unlock it"},
	50055:   {connector.ErrAuth, false, "the password has expired"},
	50057:   {connector.ErrAuth, false, "the account is disabled"},
	50173:   {connector.ErrAuth, false, signInAgain},
	700082:  {connector.ErrAuth, false, signInAgain},
	70043:   {connector.ErrAuth, false, signInAgain},
	70008:   {connector.ErrAuth, false, signInAgain},
	700084:  {connector.ErrAuth, false, signInAgain},
	50089:   {connector.ErrAuth, false, signInAgain},
	54005:   {connector.ErrAuth, false, "the code was used before: sign in again"},
	70016:   {connector.ErrUnavailable, false, "the user has not signed in yet"},
	70018:   {connector.ErrAuth, false, "the user code is wrong: start the sign-in anew"},
	70019:   {connector.ErrAuth, false, "the user code has expired: start the sign-in anew"},
	70020:   {connector.ErrAuth, false, "the user code has expired: start the sign-in anew"},
}

// entraCodes decide where no number is known. OAuth's words are coarser and more stable.
var entraCodes = map[string]entraRow{
	"invalid_client":         {connector.ErrAuth, true, "check the client secret, certificate or assertion of the app"},
	"invalid_grant":          {connector.ErrAuth, false, signInAgain},
	"unauthorized_client":    {connector.ErrAuth, false, rightTenant},
	"invalid_tenant":         {connector.ErrAuth, false, tenantName},
	"invalid_scope":          {connector.ErrConfig, false, defaultScope},
	"invalid_resource":       {connector.ErrAuth, false, wrongCloud},
	"invalid_request":        {connector.ErrConfig, false, "check Tenant, ClientID and the credential"},
	"unsupported_grant_type": {connector.ErrUnexpected, false, changedOnTheWay},
	"access_denied":          {connector.ErrPermission, false, consent},
	"interaction_required":   {connector.ErrAuth, false, userPolicy},
	"consent_required":       {connector.ErrPermission, false, consent},
	"expired_token":          {connector.ErrAuth, false, "the user code has expired: start the sign-in anew"},
	"authorization_declined": {connector.ErrAuth, false, "the user refused the sign-in"},
}
