package hashivault

import (
	"cmp"
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
	"github.com/cloudmail-go/cloudmail/keyvault/internal/rest"
	"github.com/hashicorp/vault/api"
)

// longLife is how long a token without an end is used before it is asked for again.
const longLife = 24 * time.Hour

// Login is a way to a token: Token, AppRole, Kubernetes, JWT, Userpass.
type Login interface {
	check() error
	token(ctx context.Context, c *api.Client, refused string) (keyvault.Secret, error)
}

// Token is a token that exists already.
type Token struct {
	Value   Credential // nil = VAULT_TOKEN, else the file ~/.vault-token
	Wrapped bool       // Value is a wrapping token, good for one use, around the token or a login
}

func (l Token) check() error { return nil }

func (l Token) token(ctx context.Context, c *api.Client, refused string) (keyvault.Secret, error) {
	value := l.Value
	if value == nil {
		value = storedToken
	}
	if l.Wrapped {
		return attempt(ctx, "sys/wrapping/unwrap", value, func(wrapping string) (*api.Secret, error) {
			return unwrap(ctx, c, wrapping)
		})
	}
	token, err := value(ctx, refused)
	return keyvault.NewSecret(token), err
}

// AppRole is the login of machines. https://developer.hashicorp.com/vault/docs/auth/approle
type AppRole struct {
	RoleID   string     // required
	SecretID Credential // nil = the role needs none
	Wrapped  bool       // SecretID is a wrapping token, good for one use, around the secret id
	Mount    string     // "" = approle
}

func (l AppRole) check() error { return required("Login.RoleID", l.RoleID != "") }

func (l AppRole) token(ctx context.Context, c *api.Client, _ string) (keyvault.Secret, error) {
	path := "auth/" + cmp.Or(l.Mount, "approle") + "/login"
	secretID := l.SecretID
	if secretID == nil {
		secretID = func(context.Context, string) (string, error) { return "", nil }
	}
	return attempt(ctx, path, secretID, func(id string) (*api.Secret, error) {
		if l.Wrapped {
			s, err := unwrap(ctx, c, id)
			if err != nil {
				return nil, err
			}
			id, _ = s.Data["secret_id"].(string)
		}
		data := map[string]any{"role_id": l.RoleID}
		if id != "" {
			data["secret_id"] = id
		}
		return c.Logical().WriteWithContext(ctx, path, data)
	})
}

// Kubernetes is the login of a pod by its service account.
// https://developer.hashicorp.com/vault/docs/auth/kubernetes
type Kubernetes struct {
	Role  string     // required
	JWT   Credential // nil = the token that Kubernetes mounts into each pod
	Mount string     // "" = kubernetes
}

func (l Kubernetes) check() error { return required("Login.Role", l.Role != "") }

func (l Kubernetes) token(ctx context.Context, c *api.Client, _ string) (keyvault.Secret, error) {
	jwt := l.JWT
	if jwt == nil {
		jwt = podToken
	}
	return roleLogin(ctx, c, cmp.Or(l.Mount, "kubernetes"), l.Role, jwt)
}

func podToken(context.Context, string) (string, error) {
	const file = "/var/run/secrets/kubernetes.io/serviceaccount/token"
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", config("Login.JWT", err, "run in a pod with a service account, or set Login.JWT")
	}
	return strings.TrimSpace(string(raw)), nil
}

// JWT is the login by a token of an identity provider, OIDC included.
// https://developer.hashicorp.com/vault/docs/auth/jwt
type JWT struct {
	Role  string     // "" = the engine's default role
	JWT   Credential // required; GitHubToken for GitHub Actions
	Mount string     // "" = jwt
}

func (l JWT) check() error { return required("Login.JWT", l.JWT != nil) }

func (l JWT) token(ctx context.Context, c *api.Client, _ string) (keyvault.Secret, error) {
	return roleLogin(ctx, c, cmp.Or(l.Mount, "jwt"), l.Role, l.JWT)
}

// Userpass is the login by name and password.
type Userpass struct {
	Username string     // required
	Password Credential // required
	Mount    string     // "" = userpass; "ldap" works the same
}

func (l Userpass) check() error {
	return cmp.Or(required("Login.Username", l.Username != ""), required("Login.Password", l.Password != nil))
}

func (l Userpass) token(ctx context.Context, c *api.Client, _ string) (keyvault.Secret, error) {
	path := "auth/" + cmp.Or(l.Mount, "userpass") + "/login/" + l.Username
	return attempt(ctx, path, l.Password, func(password string) (*api.Secret, error) {
		return c.Logical().WriteWithContext(ctx, path, map[string]any{"password": password})
	})
}

func required(field string, there bool) error {
	if there {
		return nil
	}
	return config(field, nil, "set it")
}

func roleLogin(ctx context.Context, c *api.Client, mount, role string, jwt Credential) (keyvault.Secret, error) {
	path := "auth/" + mount + "/login"
	return attempt(ctx, path, jwt, func(value string) (*api.Secret, error) {
		return c.Logical().WriteWithContext(ctx, path, map[string]any{"role": role, "jwt": value})
	})
}

// attempt logs in with a credential, and once more with a fresh one if that was refused and
// there is another.
func attempt(ctx context.Context, path string, cred Credential, use func(string) (*api.Secret, error)) (keyvault.Secret, error) {
	var s *api.Secret
	err := rest.Twice(ctx, cred, func(value string) (refused bool, err error) {
		s, err = use(value)
		code := status(err)
		return code >= 400 && code < 404, err
	})
	if err != nil {
		return keyvault.Secret{}, loginFailed(path, err)
	}
	if s == nil || s.Auth == nil || s.Auth.ClientToken == "" {
		return keyvault.Secret{}, config(path, nil, "the answer holds no token: check the path of the login, and Wrapped")
	}
	var ends time.Time
	if s.Auth.LeaseDuration > 0 {
		ends = time.Now().Add(time.Duration(s.Auth.LeaseDuration) * time.Second)
	}
	return keyvault.NewSecret(s.Auth.ClientToken).With("", ends), nil
}

// unwrap opens a wrapping token, on a client of its own: the SDK would keep the token.
func unwrap(ctx context.Context, c *api.Client, wrapping string) (*api.Secret, error) {
	own, err := c.Clone()
	if err != nil {
		return nil, err
	}
	own.SetToken(wrapping)
	s, err := own.Logical().UnwrapWithContext(ctx, wrapping)
	if err == nil && s == nil {
		err = config("sys/wrapping/unwrap", nil, "the wrapping token holds nothing")
	}
	return s, err
}

// GitHubToken is the identity of a GitHub Actions job as a Credential, for JWT.JWT: the job needs
// "permissions: id-token: write". A nil client is http.DefaultClient.
func GitHubToken(audience string, client *http.Client) Credential {
	return func(ctx context.Context, _ string) (string, error) {
		return rest.GitHubToken(ctx, vaultName, audience, client)
	}
}
