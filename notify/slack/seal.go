package slack

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// Keys seal what is kept of tokens: AES-256-GCM, bound to the workspace. The first seals, all of them open.
type Keys struct {
	names []string
	of    map[string]cipher.AEAD
}

// ParseKeys reads keys as the configuration has them: name:key, comma-separated, each key 32 bytes in base64; the newest first.
func ParseKeys(s string) (Keys, error) {
	k := Keys{of: map[string]cipher.AEAD{}}
	for part := range strings.SplitSeq(s, ",") {
		name, text, ok := strings.Cut(strings.TrimSpace(part), ":")
		b, err := base64.StdEncoding.DecodeString(text)
		if !ok || name == "" || err != nil || len(b) != 32 {
			return k, errors.New("expected NAME:KEY, KEY being 32 bytes in base64 (openssl rand -base64 32), several with commas between, the newest first")
		}
		if k.of[name] != nil {
			return k, fmt.Errorf("the name %s stands there twice", name)
		}
		block, err := aes.NewCipher(b)
		if err != nil {
			return k, err
		}
		if k.of[name], err = cipher.NewGCM(block); err != nil {
			return k, err
		}
		k.names = append(k.names, name)
	}
	return k, nil
}

// Seal encrypts for a workspace, and names the key.
func (k Keys) Seal(workspace string, plain []byte) (sealed []byte, key string) {
	key = k.names[0]
	aead := k.of[key]
	nonce := make([]byte, aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return aead.Seal(nonce, nonce, plain, []byte(workspace)), key
}

// Open decrypts what was sealed for a workspace.
func (k Keys) Open(workspace, key string, sealed []byte) ([]byte, error) {
	aead := k.of[key]
	if aead == nil {
		return nil, fmt.Errorf("the tokens of %s are sealed with the key %q, which slack.token_keys does not have", workspace, key)
	}
	if len(sealed) < aead.NonceSize() {
		return nil, errors.New("sealed tokens are cut off")
	}
	plain, err := aead.Open(nil, sealed[:aead.NonceSize()], sealed[aead.NonceSize():], []byte(workspace))
	if err != nil {
		return nil, fmt.Errorf("the tokens of %s cannot be opened with the key %q", workspace, key)
	}
	return plain, nil
}
