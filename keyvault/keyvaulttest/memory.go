package keyvaulttest

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/cloudmail-go/cloudmail/keyvault"
)

// Memory is a vault in memory: the contract in its shortest form, and a double for tests
// of code that takes a keyvault.Provider. The zero value is empty and ready.
// Versions count from 1.
type Memory struct {
	mu       sync.Mutex
	secrets  map[string][]keyvault.Secret
	fault    func(ctx context.Context, n keyvault.Name) error
	requests int
}

// Put stores a new version of a secret; a zero expires is never. Values that have expired are still
// given, with their time: what to do about it is the reader's affair.
func (m *Memory) Put(path string, value []byte, expires time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.put(path, keyvault.NewSecret(value), expires)
}

func (m *Memory) put(path string, s keyvault.Secret, expires time.Time) {
	if m.secrets == nil {
		m.secrets = map[string][]keyvault.Secret{}
	}
	version := strconv.Itoa(len(m.secrets[path]) + 1)
	m.secrets[path] = append(m.secrets[path], s.With(version, expires))
}

// Fail makes every request give f's error, where that is not nil, until Fail(nil); f may also wait for
// the context. Name.Error makes an error of the right form.
func (m *Memory) Fail(f func(ctx context.Context, n keyvault.Name) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = f
}

// Requests is how many requests came, reads and writes, those that failed included; a name that cannot
// be right costs none.
func (m *Memory) Requests() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.requests
}

// Secret gives a stored value, its newest version if the name has none. A path, version or field that
// is not there is keyvault.ErrNotFound; a name of the wrong form, and a field of a value that is no
// JSON, keyvault.ErrConfig.
func (m *Memory) Secret(ctx context.Context, name string) (keyvault.Secret, error) {
	n, err := m.enter(ctx, name)
	if err != nil {
		return keyvault.Secret{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	versions := m.secrets[n.Path]
	i := len(versions)
	if n.Version != "" {
		i, err = strconv.Atoi(n.Version)
	}
	if err != nil || i < 1 || i > len(versions) {
		return keyvault.Secret{}, n.Error(keyvault.ErrNotFound, nil, "store it with Put")
	}
	return n.Pick(versions[i-1])
}

// Write stores a new version of the value, or of one field of its JSON with the others kept. A name
// with a version is keyvault.ErrConfig.
func (m *Memory) Write(ctx context.Context, name string, value keyvault.Secret) error {
	n, err := m.enter(ctx, name)
	if err != nil {
		return err
	}
	if err := n.NoVersion(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var old keyvault.Secret
	if versions := m.secrets[n.Path]; len(versions) > 0 {
		old = versions[len(versions)-1]
	}
	whole, err := n.Merge(old, value)
	if err != nil {
		return err
	}
	m.put(n.Path, whole, time.Time{})
	return nil
}

// enter is what every request passes.
func (m *Memory) enter(ctx context.Context, name string) (keyvault.Name, error) {
	if err := ctx.Err(); err != nil {
		return keyvault.Name{}, err
	}
	n, err := keyvault.ParseName("memory", name)
	if err != nil {
		return n, err
	}
	m.mu.Lock()
	m.requests++
	fault := m.fault
	m.mu.Unlock()
	if fault != nil {
		err = fault(ctx, n)
	}
	return n, err
}
