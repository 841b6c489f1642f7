// Keeps actionlint among the requirements of this module; tools/deps.sh builds it from here.

//go:build tools

package tools

import _ "github.com/rhysd/actionlint"
