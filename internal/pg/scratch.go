package pg

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Scratch opens a throw-away database with these migrations, for measuring: a private cluster in a temporary directory or, where the
// machine has no PostgreSQL of its own, a new database on the server of o.URL. What drop returns removes it without a trace.
func Scratch(ctx context.Context, o Options, migrations ...Migrations) (db *DB, drop func(), err error) {
	var undo []func()
	drop = func() {
		for i := len(undo) - 1; i >= 0; i-- {
			undo[i]()
		}
	}
	defer func() {
		if err != nil {
			drop()
		}
	}()
	if _, none := findBinaries(o.BinDir); none != nil && o.URL != "" {
		name := "deskbell_scratch_" + strings.ToLower(rand.Text()[:12])
		if o.URL, err = createDatabase(ctx, o.URL, name, &undo); err != nil {
			return nil, nil, err
		}
	} else {
		dir, err := os.MkdirTemp("", "deskbell-scratch-")
		if err != nil {
			return nil, nil, err
		}
		undo = append(undo, func() { _ = os.RemoveAll(dir) })
		if err := os.Chmod(dir, 0o755); err != nil { // the database runs as another user when we are root
			return nil, nil, err
		}
		o.URL, o.DataDir = "", filepath.Join(dir, "data")
	}
	if db, err = Open(ctx, o); err != nil {
		return nil, nil, err
	}
	undo = append(undo, db.Close)
	return db, drop, Migrate(ctx, db.Pool, migrations...)
}

func createDatabase(ctx context.Context, url, name string, undo *[]func()) (string, error) {
	admin, err := pgx.Connect(ctx, url)
	if err != nil {
		return "", fmt.Errorf("connect to the database: %w", withoutPassword(err))
	}
	defer func() { _ = admin.Close(ctx) }()
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", fmt.Errorf("make a throw-away database: %w", err)
	}
	*undo = append(*undo, func() {
		ctx := context.WithoutCancel(ctx)
		if admin, err := pgx.Connect(ctx, url); err == nil {
			_, _ = admin.Exec(ctx, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
			_ = admin.Close(ctx)
		}
	})
	return url + separator(url) + "dbname=" + name, nil
}

// separator is between a connection string and one more setting: in a URL a query's, else a space. The later setting wins.
func separator(url string) string {
	switch {
	case !strings.Contains(url, "://"):
		return " "
	case strings.Contains(url, "?"):
		return "&"
	}
	return "?"
}
